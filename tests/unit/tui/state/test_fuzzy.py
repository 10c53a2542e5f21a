"""A few letters find the right model."""

from __future__ import annotations

from time import process_time

import pytest

from aimltui.tui.state.fuzzy import positions, rank

MODELS = [
    "gpt-4-turbo-2024-04-09",
    "google/gemma-4-o",
    "gpt-4o-mini",
    "gpt-4o",
    "openai/gpt-4o",
    "anthropic/claude-opus-4-5",
    "anthropic/claude-sonnet-4-5",
    "claude-3-5-sonnet-20241022",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "mistral-large-latest",
    "o4-mini",
    "deepseek/deepseek-r1",
]


def best(query: str) -> list[str]:
    return [MODELS[index] for index in rank(query, MODELS)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("g4o", "gpt-4o"),
        ("4o", "gpt-4o"),
        ("gpt-4o", "gpt-4o"),
        ("GPT4O", "gpt-4o"),
        ("g4om", "gpt-4o-mini"),
        ("clad snnt", "claude-3-5-sonnet-20241022"),
        ("snnt clad anth", "anthropic/claude-sonnet-4-5"),
        ("llama70", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ("r1", "deepseek/deepseek-r1"),
        ("o4", "o4-mini"),
        ("oai 4o", "openai/gpt-4o"),
    ],
)
def test_the_expected_model_comes_first(query: str, first: str) -> None:
    assert best(query)[0] == first


def test_the_beginning_of_the_name_is_better_than_that_of_a_word() -> None:
    assert rank("con", ["Older conversation", "Contract questions about the notice period"]) == [1, 0]


def test_what_does_not_match_is_left_out() -> None:
    assert best("xyz") == []
    assert best("gpt zzz") == []
    assert best("o4g") == []


def test_an_empty_query_keeps_everything_in_order() -> None:
    assert best("") == MODELS
    assert best("   ") == MODELS


def test_names_of_the_same_worth_keep_their_order() -> None:
    assert rank("ab", ["ab-1", "ab-2", "ab-3"]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("query", "name", "found"),
    [
        ("g4o", "gpt-4o", "g4o"),
        ("clad snnt", "claude-sonnet", "cladsnnt"),
        ("sonnet", "claude-sonnet", "sonnet"),
        ("zz", "claude", ""),
        ("70b", "Llama-3.3-70B", "70B"),
    ],
)
def test_positions_point_at_the_letters(query: str, name: str, found: str) -> None:
    assert "".join(name[place] for place in positions(query, name)) == found


@pytest.mark.parametrize("name", ["", "\0", "ǅ-İstanbul-x", "🦔🦔", "a" * 10_000, "-/-"])
@pytest.mark.parametrize("query", ["a", "aaaaaaaaaaaaaaaaaaaab", "\0", "i x", "🦔", "/"])
def test_strange_names_and_queries_are_no_trouble(name: str, query: str) -> None:
    for place in positions(query, name):
        assert 0 <= place < len(name)
    assert rank(query, [name]) in ([], [0])


def test_a_thousand_ids_are_ranked_in_a_few_milliseconds() -> None:
    names = [
        f"{vendor}/{vendor[:3]}-model-{number}-instruct-turbo"
        for vendor in ("openai", "meta", "qwen", "x-ai")
        for number in range(250)
    ]
    rank("warm up", names)
    for query in ("o", "omt", "opn ist", "zzzz", "model-24"):
        taken = []
        for _ in range(5):
            start = process_time()
            rank(query, names)
            taken.append(process_time() - start)
        # The aim is 5 ms; the bound leaves room for a slow machine.
        assert min(taken) < 0.02
