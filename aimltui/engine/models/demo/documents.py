"""The demo model's answers about the user's files: it searches them and quotes what it found. Pure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from aimltui.common.patterns import pattern

_PASSAGE = pattern(r"^(【\d+:\d+†[^】\n]*】)[^\n]*\n(.*?)(?=\n\n【\d+:\d+†|\Z)", re.MULTILINE | re.DOTALL)
_SENTENCE = pattern(r"[^\n]+?(?:[.!?](?=\s)|[。！？]|\n|$)")
_WORD = pattern(r"[^\W_]{3,}|\d+|[\u2e80-\u9fff\uac00-\ud7ff]")
_COMMON_WORDS = (
    "the and for with what when who how why where which does did was were are this that these those from into about "
    "have has had can could should would will its our your their there than then them they you tell say says"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_STEM = 4
"""Characters of a word that are compared, so that its endings do not matter."""
_MOST = 3
_LONGEST = 300
_SHORTEST = 20
_SHARE = 0.5
"""The part of the best quote's score that another one needs."""
_NAMES = pattern(r"\[attached: [^\]\n]*\]")


HANDBOOK = "handbook.md"
"""A document in this folder, about which the demo can be asked."""
ABOUT_HANDBOOK = (
    "Ask a document, and open what the answer cites",
    "How long is the warranty for a kettle in an office?",
)
"""Title and prompt of the conversation starter that attaches it."""


def handbook() -> Path | None:
    """Return the path of that document; None if this program is not installed as plain files."""
    path = Path(__file__).with_name(HANDBOOK)
    return path if path.is_file() else None


class _Quote(NamedTuple):
    """A sentence of a passage, and how well it fits the question."""

    score: float
    place: int
    mark: str
    text: str


def queries_for(question: str) -> list[str]:
    """Return what to search for: the question, and its words without the common ones."""
    question = _without_names(question)
    words = [word for word in _WORD.findall(question) if word.casefold() not in _COMMON]
    short = " ".join(words[:12])
    return list(dict.fromkeys(text for text in (question.strip()[:300], short) if text))


def document_answer(question: str, found: str) -> str:
    """Return the answer, in Markdown.

    Args:
        question: The user's message.
        found: What the search answered.
    """
    quotes = _quotes(question, found)
    if not quotes:
        return (
            "I searched the attached files, and no passage fits the question. Ask with words that the files "
            "contain.\n\n> The search really ran; only the text around it was prepared.\n"
        )
    lines = [f"- “{quote.text}” {quote.mark}" for quote in quotes]
    told = "this passage fits" if len(lines) == 1 else "these passages fit"
    listed = "\n".join(lines)
    return (
        f"I searched the attached files, and {told} the question best:\n\n{listed}\n\n> The search really ran on this "
        "machine; only the text around the quotes was prepared. Choose a number to see the passage in its file.\n"
    )


def _quotes(question: str, found: str) -> list[_Quote]:
    wanted = _words(_without_names(question))
    quotes: dict[str, _Quote] = {}
    for place, match in enumerate(_PASSAGE.finditer(found)):
        mark, text = match.groups()
        for sentence in _SENTENCE.findall(text):
            said = sentence.strip().lstrip("#>*-| ").strip()
            words = _words(said)
            # a heading names a subject and says nothing about it
            score = len(wanted & words) / (len(words) + 4) ** 0.5 / (2 if sentence.startswith("#") else 1)
            # chunks overlap: the first passage with a sentence is the better one
            if score and len(said) > _SHORTEST and said not in quotes:
                quotes[said] = _Quote(score, place, mark, said[:_LONGEST])
    best = sorted(quotes.values(), key=lambda quote: -quote.score)[:_MOST]
    good = [quote for quote in best if quote.score >= best[0].score * _SHARE]
    return sorted(good, key=lambda quote: quote.place)


def _without_names(question: str) -> str:
    """Return the question without the names of the attached files, which the engine puts behind it."""
    return _NAMES.sub("", question).strip()


def _words(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold()) if word not in _COMMON}
