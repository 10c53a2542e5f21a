"""The form of an assistant: what is sent is what was typed, and what is wrong is named beside its field."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from aimltui.tui.state.assistant_facts import effort_label, effort_words, has_cache, told
from aimltui.tui.state.assistant_form import (
    CODE,
    AssistantForm,
    copy_of,
    create_params,
    draft_of,
    form_from_draft,
    form_of,
    modify_params,
    problems_of,
)
from aimltui.tui.state.assistant_rows import found_in, rows_of, trashed_at
from aimltui.tui.state.assistant_templates import TEMPLATES
from aimltui.wire.assistants import Assistant, starters_of, version_of
from aimltui.wire.constraints import check_params
from aimltui.wire.models import ModelSettings
from aimltui.wire.threads import TRASHED_AT

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SEARCH = {"type": "file_search", "file_search": {"max_num_results": 7}}
FULL = Assistant.model_validate(
    {
        "id": "asst_1",
        "name": "Tutor",
        "description": "Teaches",
        "model": "gpt-4o",
        "instructions": "Be patient.\n",
        "tools": [{"type": "code_interpreter"}, SEARCH, WEATHER],
        "tool_resources": {
            "code_interpreter": {"file_ids": ["file-1"]},
            "file_search": {"vector_store_ids": ["vs_1"]},
        },
        "temperature": 0.2,
        "top_p": 1.0,
        "reasoning_effort": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": {"type": "object"}},
        },
        "metadata": {
            "connection": "work",
            "local_tools": "on",
            "prompt_cache": "off",
            "starter_1": "Hello",
            "team": "maths\nroom 3",
            "aimltui.file": "x",
        },
    }
)


def test_a_form_that_was_not_changed_sends_what_was_there() -> None:
    form = form_of(FULL)
    assert problems_of(form) == {}
    params = modify_params(form, FULL)
    check_params(params)
    sent = params.given()
    for name in (
        "name",
        "description",
        "model",
        "instructions",
        "tools",
        "reasoning_effort",
        "response_format",
    ):
        assert sent[name] == FULL.to_json()[name], name
    assert sent["tool_resources"] == FULL.to_json()["tool_resources"]
    assert (sent["temperature"], sent["top_p"]) == (0.2, None)
    assert {key: value for key, value in sent["metadata"].items() if value} == {
        "connection": "work",
        "local_tools": "on",
        "prompt_cache": "off",
        "starter_1": "Hello",
        "team": "maths\nroom 3",
    }
    assert "starter_2" not in sent["metadata"]


def test_what_is_emptied_is_taken_away() -> None:
    form = replace(
        form_of(FULL),
        metadata="",
        starters="",
        tools=(CODE,),
        code_files=(),
        temperature="",
        effort="",
        format="auto",
    )
    sent = modify_params(form, FULL).given()
    assert sent["tools"] == [{"type": "code_interpreter"}]
    assert sent["tool_resources"] == {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert (sent["temperature"], sent["reasoning_effort"], sent["response_format"]) == (None, None, "auto")
    assert (sent["metadata"]["starter_1"], sent["metadata"]["team"]) == ("", "")


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"name": " "}, "name", "name"),
        ({"name": "n" * 257}, "name", "1 too many"),
        ({"temperature": "hot"}, "temperature", "0 to 2"),
        ({"temperature": "2.1"}, "temperature", "0 to 2"),
        ({"top_p": "nan"}, "top_p", "0 to 1"),
        ({"format": "json_schema", "schema": ""}, "schema", "Paste"),
        ({"format": "json_schema", "schema": "{"}, "schema", "not JSON"),
        ({"format": "json_schema", "schema": "[]"}, "schema", "braces"),
        ({"starters": "a\nb\nc\nd\ne"}, "starters", "there are 5"),
        ({"starters": "a" * 513}, "starters", "512"),
        ({"metadata": "no sign"}, "metadata", "key = value"),
        ({"metadata": "connection = x"}, "metadata", "belongs to"),
        ({"metadata": "a = 1\na = 2"}, "metadata", "twice"),
        ({"metadata": "\n".join(f"k{n} = 1" for n in range(15))}, "metadata", "at most"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str, word: str) -> None:
    problems = problems_of(replace(AssistantForm(name="A"), **changes))
    assert list(problems) == [field]
    assert word in problems[field]


def test_a_bare_schema_gets_a_name() -> None:
    form = AssistantForm(name="A", format="json_schema", schema='{"type": "object"}')
    sent = create_params(form, "gpt-4o").given()
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }


def test_a_draft_comes_back_whole_and_rubbish_does_not() -> None:
    form = form_of(FULL)
    assert form_from_draft(draft_of(form)) == form
    for text in ("", "{", "[]", '"x"', '{"known_tools": [1]}', '{"tools": 3}'):
        assert form_from_draft(text) is None


def test_a_copy_has_another_name() -> None:
    form = form_of(FULL)
    assert copy_of(form, ["Tutor"]).name == "Tutor copy"
    assert copy_of(form, ["Tutor copy", "Tutor copy 2"]).name == "Tutor copy 3"


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: one.id)
def test_ready_made_assistants_can_be_made(one: Any) -> None:
    assert problems_of(one.form) == {}
    params = create_params(one.form, "gpt-4o")
    check_params(params)
    assert params.model == "gpt-4o"
    assert 3 <= len(starters_of(params.metadata)) <= 4


def test_the_version_is_that_of_the_behaviour() -> None:
    assert version_of(FULL) == version_of(FULL.model_copy(update={"name": "Other", "metadata": {}}))
    assert version_of(FULL) != version_of(FULL.model_copy(update={"instructions": "Be quick."}))


def test_the_list_has_saved_ready_made_and_deleted_ones() -> None:
    own = Assistant(id="asst_0", name="Assistant", model="m")
    old = Assistant(id="asst_2", name="Old", model="m", metadata={TRASHED_AT: "1000"})
    tutor = FULL.model_copy(update={"name": "math Tutor"})
    rows = rows_of([tutor, own], [old], own_id="asst_0", own_model="gpt-5", now=1000 + 86_400, days=30)
    assert [(row.kind, row.name) for row in rows] == [
        ("saved", "Assistant"),
        ("saved", "math Tutor"),
        ("ready-made", "Document reader"),
        ("ready-made", "Data analyst"),
        ("ready-made", "Plain chat"),
        ("trash", "Old"),
    ]
    assert rows[0].hint == "default · gpt-5"
    assert rows[1].details.startswith("code · files · 1 function · your functions and MCP servers · version ")
    assert rows[-1].hint == "deleted · 29 days left"
    assert [row.name for row in found_in(rows, "tutor")] == ["math Tutor"]


def test_only_what_the_model_takes_is_offered() -> None:
    claude = ModelSettings(
        efforts=["low", "high"], thinking_budgets={"low": 2048, "high": 16384}, prompt_cache=True
    )
    assert effort_words(claude, "") == [
        ("", "the model's own"),
        ("low", "low 2,048"),
        ("high", "high 16,384"),
    ]
    assert effort_label(claude)[0] == "Thinking budget"
    assert told(claude) == ""
    assert has_cache(claude, "")
    plain = ModelSettings(temperature=False, efforts=[])
    assert effort_words(plain, "") == []
    assert ("low", "low") in effort_words(plain, "low")
    assert told(plain) == "takes no temperature · no reasoning effort"
    assert not has_cache(plain, "")
    assert has_cache(plain, "off")


@pytest.mark.parametrize("mark", ["yes", "nan", "1e300"])
def test_an_assistant_of_which_nobody_knows_since_when_it_is_in_the_trash_stays_there(mark: str) -> None:
    odd = Assistant(id="asst_1", name="Odd", metadata={TRASHED_AT: mark})
    assert trashed_at(odd) == math.inf
    rows = rows_of([], [odd], own_id=None, own_model="", now=1000.0, days=30)
    assert (rows[-1].name, rows[-1].hint) == ("Odd", "deleted")
