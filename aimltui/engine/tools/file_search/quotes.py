"""Finds the words of a passage that support a statement. Pure."""

from __future__ import annotations

from aimltui.common.patterns import pattern

LONGEST = 400
"""Characters of a quote."""
_SENTENCE = pattern(r"[^\n]+?(?:[.!?](?=\s)|[。！？]|\n|$)")
_WORD = pattern(r"[^\W_]{3,}|\d+|[\u2e80-\u9fff\uac00-\ud7ff]")
_QUOTED = pattern(r"[\"“„«「]([^\"“”„«»「」\n]{8,300})[\"”“»」]")
_STEM = 6
"""Characters of a word that are compared, so that its endings do not matter."""


def claim_before(text: str) -> str:
    """Return the last statement of a text: its last sentence, or its last line."""
    tail = text[-600:].rstrip()
    sentences = [found[0].strip() for found in _SENTENCE.finditer(tail)]
    return next((sentence for sentence in reversed(sentences) if _words(sentence)), "")


def quote_for(claim: str, passage: str) -> str:
    """Return the words that the claim quotes if the passage has them, else its sentence that shares most words with the claim.

    The result stands in the passage character by character; it is empty if no sentence is similar.

    Args:
        claim: A statement with a citation.
        passage: The text that it cites.
    """
    for said in _QUOTED.findall(claim):
        if said in passage:
            return str(said)
    wanted = _words(claim)
    best, share = "", 0.0
    for found in _SENTENCE.finditer(passage):
        sentence = found[0].strip()
        words = _words(sentence)
        common = wanted & words
        if len(common) < 2 and not any(word.isdigit() for word in common):
            continue
        score = sum(2.0 if word.isdigit() else 1.0 for word in common) / (len(words) + 4) ** 0.5
        if score > share:
            best, share = sentence, score
    return best[:LONGEST]


def _words(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}
