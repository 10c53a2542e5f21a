"""The glyphs of the transcript, in two sets; each is as wide as its characters."""

from __future__ import annotations

from typing import Literal

from aimltui.common.dataclass import dataclass

GlyphSet = Literal["unicode", "ascii"]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of glyphs."""

    bar: str
    mark: str
    wrapped: str
    cut: str
    quote: str
    bullets: tuple[str, str, str]
    rule: str
    cross: str
    column: str
    folded: str
    unfolded: str
    arrow: str
    function: str
    dot: str
    up: str
    down: str
    ellipsis: str
    attachment: str
    picture: str
    choice: str
    pinned: str
    previous: str
    next: str
    queued: str
    active: str
    waiting: str
    stopping: str
    done: str
    failed: str
    stopped: str
    incomplete: str
    expired: str
    unknown: str


UNICODE = Glyphs(
    bar="▌",
    mark="█",
    wrapped="↪",
    cut="›",
    quote="│",
    bullets=("•", "◦", "▪"),
    rule="─",
    cross="┼",
    column="│",
    folded="▸",
    unfolded="▾",
    arrow="→",
    function="ƒ",
    dot="·",
    up="↑",
    down="↓",
    ellipsis="…",
    attachment="▤",
    picture="▣",
    choice="›",
    pinned="★",
    previous="‹",
    next="›",
    queued="○",
    active="●",
    waiting="?",
    stopping="◌",
    done="✓",
    failed="✗",
    stopped="■",
    incomplete="…",
    expired="◷",
    unknown="–",
)
ASCII = Glyphs(
    bar="|",
    mark="#",
    wrapped="\\",
    cut=">",
    quote="|",
    bullets=("*", "-", "+"),
    rule="-",
    cross="+",
    column="|",
    folded=">",
    unfolded="v",
    arrow="->",
    function="fn",
    dot="-",
    up="in ",
    down="out ",
    ellipsis="...",
    attachment="@",
    picture="@",
    choice=">",
    pinned="^",
    previous="<",
    next=">",
    queued="o",
    active="*",
    waiting="?",
    stopping="~",
    done="+",
    failed="x",
    stopped="#",
    incomplete="...",
    expired="!",
    unknown="-",
)


def glyph_set(name: GlyphSet) -> Glyphs:
    """Return the set of a name."""
    return ASCII if name == "ascii" else UNICODE
