"""Remembers the contexts that servers named when they refused a conversation as too long."""

from __future__ import annotations

from collections.abc import Callable


class ContextLimits:
    """The contexts in force by connection and model, as far as refusals have shown them.

    They are forgotten when the program ends, because a server may be restarted with another context.

    Args:
        default: Returns the name of the connection that is meant where none is named.
    """

    def __init__(self, default: Callable[[], str] = str) -> None:
        self._default = default
        self._tokens: dict[tuple[str, str], int] = {}

    def fit(self, size: int, model_id: str, connection: str | None) -> int:
        """Return the context to assume for a model, in tokens.

        Args:
            size: The context that is otherwise assumed.
            model_id: The model.
            connection: The name of its connection; None for the default one.
        """
        return min(size, self._tokens.get((connection or self._default(), model_id), size))

    def learn(self, tokens: int, model_id: str, connection: str | None) -> None:
        """Remember a context, unless a smaller one is known."""
        self._tokens[connection or self._default(), model_id] = self.fit(tokens, model_id, connection)
