"""Conversations as trees: nodes that name their parent, of which a path from the root to a leaf is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Tree:
    """Nodes with parents. A parent that is missing, or that leads round in a circle, makes its node a root.

    Args:
        parents: The parent of each node, in the order of the file.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._parents = parents
        self._places = {node: place for place, node in enumerate(parents)}
        with_children = {parent for parent in parents.values() if parent in parents}
        self.leaves = [node for node in parents if node not in with_children]
        """Nodes without children, in the order of the file."""
        self._children: dict[str | None, list[str]] = {}
        for node, parent in parents.items():
            self._children.setdefault(parent if parent in parents else None, []).append(node)

    def path(self, leaf: str | None) -> list[str]:
        """The nodes from the root to this one; empty for a node that does not exist."""
        path, seen, node = list[str](), set[str](), leaf
        while node is not None and node in self._parents and node not in seen:
            seen.add(node)
            path.append(node)
            node = self._parents[node]
        return path[::-1]

    def newest(self, times: Mapping[str, float | None], nodes: Iterable[str] | None = None) -> str | None:
        """The node with the latest time; of several, or without times, the last one in the file."""
        chosen = list(self.leaves if nodes is None else nodes)
        return max(chosen, key=lambda node: (times.get(node) or 0.0, self._places[node]), default=None)

    def last_leaf(self, start: str | None = None) -> str | None:
        """The leaf that one reaches from a node, or from the roots, by always taking the last child."""
        node, seen = start, set[str]()
        while children := self._children.get(node):
            if children[-1] in seen:
                break
            node = children[-1]
            seen.add(node)
        return node
