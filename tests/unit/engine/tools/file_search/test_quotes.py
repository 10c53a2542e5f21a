"""Quotes: the words of the passage that support a statement, and nothing that is not in it."""

from __future__ import annotations

from aimltui.engine.tools.file_search.quotes import claim_before, quote_for

PASSAGE = (
    "Employees may carry over leave. Up to 5 days of unused leave are carried into the next year.\n"
    "The office is closed in December."
)


def test_the_similar_sentence_is_quoted() -> None:
    quote = quote_for("You can carry over 5 days of unused leave", PASSAGE)
    assert quote == "Up to 5 days of unused leave are carried into the next year."


def test_words_in_quotation_marks_are_found_again() -> None:
    assert quote_for('It says "closed in December".', PASSAGE) == "closed in December"


def test_an_invented_quotation_is_not_shown() -> None:
    assert quote_for('It says "open all year round".', PASSAGE) == ""


def test_the_claim_is_the_last_sentence() -> None:
    assert claim_before("First this. Then 5 days are left") == "Then 5 days are left"
