from __future__ import annotations

from typing import Any

import pytest

from aimltui.engine.models.base import ModelInfo
from aimltui.engine.models.model_list import read_models

NEW = {
    "id": "openai/gpt-4o",
    "info": {"name": "GPT-4o", "developer": "Open AI", "contextLength": 128000, "outputMax": 16384},
    "type": "openai/chat-completions",
    "aliases": ["gpt-4o"],
}
OLD = {
    "id": "o3-mini",
    "type": "chat-completion",
    "info": {"name": "o3 mini", "developer": "Open AI", "contextLength": 200000, "maxTokens": 100000},
    "features": ["openai/chat-completion"],
}


def ids(payload: Any) -> list[str]:
    models = read_models(payload)
    assert models is not None
    return [model.id for model in models]


def test_new_and_old_rows_of_aiml_api_are_read() -> None:
    assert read_models({"object": "list", "data": [NEW, OLD]}) == [
        ModelInfo("openai/gpt-4o", "GPT-4o", "Open AI", 128000),
        ModelInfo("o3-mini", "o3 mini", "Open AI", 200000),
    ]


def test_rows_of_openai_and_of_local_servers_are_read() -> None:
    rows = [
        {"id": "gpt-4o", "object": "model", "created": 1715367049, "owned_by": "system"},
        {"id": "qwen", "object": "model", "owned_by": "vllm", "max_model_len": 32768},
    ]
    assert read_models({"data": rows}) == [
        ModelInfo("gpt-4o", "", "system", None, 1715367049),
        ModelInfo("qwen", "", "vllm", 32768),
    ]


@pytest.mark.parametrize(
    "payload", [[{"id": "a"}, {"id": "b"}], ["a", "b"], {"models": [{"name": "a"}, {"model": "b"}]}]
)
def test_other_shapes_of_lists_are_read(payload: Any) -> None:
    assert ids(payload) == ["a", "b"]


def test_what_says_that_it_is_no_chat_model_is_left_out() -> None:
    rows = [
        NEW,
        {"id": "flux", "type": "openai/images-generations"},
        {"id": "whisper-1"},
        {"id": "text-embedding-3-small"},
        {"id": "codex", "type": "openai/responses"},
        {"id": "unknown-kind"},
    ]
    assert ids({"data": rows}) == ["openai/gpt-4o", "unknown-kind"]


def test_each_id_comes_once_in_the_servers_order() -> None:
    assert ids([{"id": "b"}, {"id": "a"}, {"id": "b", "type": "chat"}]) == ["b", "a"]


def test_an_image_row_does_not_hide_the_chat_row_of_the_same_id() -> None:
    assert ids([{"id": "a", "type": "image"}, {"id": "a", "type": "chat-completion"}]) == ["a"]


@pytest.mark.parametrize(
    "row", [None, 5, {}, {"id": 5}, {"id": ""}, {"id": "x" * 300}, {"id": "a\u202eb"}, {"id": "a\x1bb"}]
)
def test_rows_without_a_usable_id_are_passed_over(row: Any) -> None:
    assert ids({"data": [row, {"id": "good"}]}) == ["good"]


def test_hostile_names_are_made_harmless() -> None:
    models = read_models([{"id": "a", "info": {"name": "A\x1b[31m\nB" + "x" * 500, "contextLength": True}}])
    assert models is not None
    assert models[0].name.startswith("A[31m B")
    assert len(models[0].name) <= 120
    assert models[0].context_length is None


@pytest.mark.parametrize("payload", [None, 5, "x", {}, {"data": None}, {"error": "no"}])
def test_what_is_no_list_is_told_apart_from_an_empty_one(payload: Any) -> None:
    assert read_models(payload) is None
    assert read_models({"data": []}) == []
