from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from aimltui.engine.models.base import ModelInfo, Price
from aimltui.engine.models.catalogue.parse import read_models
from aimltui.engine.models.catalogue.rows import read_row

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
        ModelInfo(
            "openai/gpt-4o",
            "GPT-4o",
            "OpenAI",
            128000,
            output_limit=16384,
            aliases=("gpt-4o",),
            endpoints=frozenset({"chat"}),
        ),
        ModelInfo(
            "o3-mini",
            "o3 mini",
            "OpenAI",
            200000,
            output_limit=100000,
            abilities=frozenset(),
            endpoints=frozenset({"chat"}),
        ),
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


def test_a_model_that_only_responses_serves_is_listed_with_that() -> None:
    models = read_models([{"id": "codex", "type": "openai/responses", "info": {}}, NEW])
    assert models is not None
    assert [model.endpoints for model in models] == [{"responses"}, {"chat"}]


def test_the_same_id_once_per_type_is_one_model_with_both_endpoints() -> None:
    other = {"id": "openai/gpt-4o", "type": "openai/responses", "info": {"description": "Sees and hears."}}
    models = read_models([NEW, other, {"id": "openai/gpt-4o", "type": "openai/batches", "info": {}}])
    assert models is not None
    (model,) = models
    assert model.endpoints == {"chat", "responses"}
    assert (model.name, model.description) == ("GPT-4o", "Sees and hears.")


def test_old_features_and_endpoints_are_abilities_and_places() -> None:
    row = {
        **OLD,
        "features": [
            "openai/chat-completion.function",
            "openai/chat-completion.stream",
            "openai/chat-completion.reasoning",
            "openai/chat-completion.response-format",
            "openai/chat-completion.seed",
        ],
        "endpoints": ["/v1/chat/completions", "/v1/responses"],
    }
    models = read_models([row])
    assert models is not None
    assert models[0].abilities == {"tools", "streaming", "reasoning", "structured_output"}
    assert models[0].endpoints == {"chat", "responses"}


def test_capabilities_and_modalities_are_abilities_and_absent_ones_are_unknown() -> None:
    row = {
        **NEW,
        "modalities": {"input": ["image", "text"], "output": ["text"]},
        "capabilities": [
            "file_input",
            "parallel_tool_calls",
            "streaming",
            "structured_output",
            "tools",
            "vision",
        ],
    }
    models = read_models([row, {**OLD, "features": None, "modalities": {"input": ["image"]}}])
    assert models is not None
    assert models[0].abilities == {"files", "tools", "streaming", "structured_output", "vision"}
    assert models[0].inputs == {"image", "text"}
    assert (models[1].abilities, models[1].inputs) == (None, {"image"})


@pytest.mark.parametrize(
    "row",
    [
        {"id": "openai/gpt-5-image", "type": "openai/chat-completions", "info": {}},
        {"id": "google/gemini-3-pro-image", "type": "chat-completion", "info": {}},
        {**NEW, "modalities": {"input": ["text"], "output": ["image", "text"]}},
        {"id": "draws", "architecture": {"output_modalities": ["image"]}},
    ],
)
def test_image_models_among_the_chat_rows_are_left_out(row: Any) -> None:
    assert ids([row, {"id": "good"}]) == ["good"]


def rich(model_id: str, **more: Any) -> dict[str, Any]:
    return {"id": model_id, "type": "openai/chat-completions", "info": {}, **more}


def test_of_dotted_and_dashed_twins_the_one_that_others_alias_stays_and_has_the_others_id() -> None:
    rows = [
        rich("anthropic/claude-opus-4.8"),
        rich("anthropic/claude-opus-4-8", aliases=["claude-opus-4-8"]),
        rich("zhipu/glm-5.3", info={"contextLength": 1_024_000}),
        rich("zhipu/glm-5-3"),
        rich("other", aliases=["zhipu/glm-5-3"]),
    ]
    models = read_models(rows)
    assert models is not None
    assert [(model.id, model.aliases) for model in models] == [
        ("anthropic/claude-opus-4-8", ("claude-opus-4-8", "anthropic/claude-opus-4.8")),
        ("zhipu/glm-5-3", ("zhipu/glm-5.3",)),
        ("other", ("zhipu/glm-5-3",)),
    ]
    assert models[1].context_length == 1_024_000


def test_elsewhere_a_dot_and_a_dash_are_two_models() -> None:
    assert ids([{"id": "my-1.0"}, {"id": "my-1-0"}]) == ["my-1.0", "my-1-0"]


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        (rich("sakana/sakana-namazu"), "listed, but refused as unknown"),
        (rich("a", tags=["deprecated"]), "deprecated"),
        ({"id": "a", "deprecated": True}, "deprecated"),
        ({"id": "a", "expiration_date": "2026-12-31"}, "ends on 2026-12-31"),
        ({"id": "a", "shutdown_date": "2027-01-31"}, "ends on 2027-01-31"),
        (rich("a", pricing={"kind": "variable"}), "the price depends on the request"),
        ({"id": "sakana/sakana-namazu"}, ""),
    ],
)
def test_what_one_should_know_before_choosing_is_remarked(row: Any, remark: str) -> None:
    models = read_models([row])
    assert models is not None
    assert models[0].remark == remark


def unit(measure: str, price: Any, per: Any = 1_000_000, **more: Any) -> dict[str, Any]:
    return {"name": "token", "measure": measure, "price": price, "per": per, **more}


def fixed(*units: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "fixed", "currency": "USD", "units": list(units), **more}


@pytest.mark.parametrize(
    ("pricing", "price"),
    [
        (
            fixed(unit("input", 0.25), unit("output", 2), unit("input", 0.025, origin="cached")),
            Price(0.25e-6, 2e-6, 0.025e-6),
        ),
        (
            fixed(
                {"name": "token", "origin": "provided", "price": 3, "per": 1000},
                {"name": "token", "origin": "generated", "price": "0.000015", "per": 1},
            ),
            Price(0.003, 0.000015),
        ),
        (fixed(unit("input", 0), unit("output", 0)), Price(0.0, 0.0)),
        (fixed(unit("output", 3.25)), Price(None, 3.25e-6)),
        (fixed(unit("input", 1), unit("input", 2), unit("output", 5)), Price(None, 5e-6)),
        (
            {
                "kind": "variants",
                "variants": [fixed(unit("input", 1), unit("output", 5)), fixed(unit("input", 2))],
            },
            Price(None, 5e-6),
        ),
        ({"prompt": "0.00000025", "completion": "0.000002", "request": "0"}, Price(0.25e-6, 2e-6)),
        ({"prompt": "-1", "completion": "-1"}, None),
        (fixed(unit("input", 1), currency="EUR"), None),
        (fixed(unit("input", 3.25, per=0), unit("output", 3.25, per=None)), None),
        (fixed(unit("input", -1), unit("output", 1e9)), None),
        (fixed(unit("input", float("nan")), unit("output", float("inf")), unit("input", 10**400)), None),
        (fixed(unit("input", True), unit("output", [1])), None),
        (fixed({"name": "image", "measure": "output", "price": 1, "per": 1}), None),
        ({"kind": "variable", "units": [unit("input", 1)]}, None),
        ({"kind": "fixed", "units": [None, 5, "x"]}, None),
        ("cheap", None),
    ],
)
def test_prices_are_dollars_for_one_token_or_unknown(pricing: Any, price: Price | None) -> None:
    models = read_models([rich("a", pricing=pricing)])
    assert models is not None
    found = models[0].price
    if price is None:
        assert found is None
    else:
        assert found is not None
        assert (found.prompt, found.completion, found.cached) == pytest.approx(
            (price.prompt, price.completion, price.cached)
        )


def test_rows_of_openrouter_are_read() -> None:
    row = {
        "id": "anthropic/claude-sonnet-4.5",
        "name": "Anthropic: Claude Sonnet 4.5",
        "context_length": 1_000_000,
        "architecture": {"input_modalities": ["text", "image", "file"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003"},
        "top_provider": {"max_completion_tokens": 64_000},
        "supported_parameters": ["tools", "reasoning", "structured_outputs", "max_tokens"],
    }
    models = read_models({"data": [row]})
    assert models is not None
    (model,) = models
    assert (model.vendor, model.context_length, model.output_limit) == ("Anthropic", 1_000_000, 64_000)
    assert model.abilities == {"tools", "reasoning", "structured_output", "streaming", "vision", "files"}
    assert model.price is not None
    assert model.price.cached == pytest.approx(0.3e-6)


@pytest.mark.parametrize("value", [-1, 0, True, 2**40, 1.5, float("nan"), "many", "-5", "9" * 50, [], {}])
def test_absurd_sizes_are_unknown(value: Any) -> None:
    models = read_models([rich("a", info={"contextLength": value, "outputMax": value})])
    assert models is not None
    assert (models[0].context_length, models[0].output_limit) == (None, None)


def test_sizes_as_texts_and_whole_floats_are_sizes() -> None:
    models = read_models([rich("a", info={"contextLength": "128000", "maxTokens": 4096.0})])
    assert models is not None
    assert (models[0].context_length, models[0].output_limit) == (128_000, 4_096)


@pytest.mark.parametrize(
    "value", [None, 5, "x", [[]], {"a": {}}, [None, {}], {"input": 5, "output": ["text"]}]
)
def test_no_shape_of_a_field_is_trouble(value: Any) -> None:
    names = (
        "info",
        "aliases",
        "tags",
        "capabilities",
        "features",
        "endpoints",
        "pricing",
        "architecture",
        "meta",
    )
    row = {"id": "a", **dict.fromkeys((*names, "top_provider", "supported_parameters"), value)}
    assert ids([row, {**row, "id": "b", "type": "chat", "modalities": value}]) == ["a", "b"]


def test_aliases_are_ids_each_once_and_not_ones_own() -> None:
    models = read_models([rich("a", aliases=["b", "a", "b", "x\u202e", 5, " c "])])
    assert models is not None
    assert models[0].aliases == ("b", "c")


def test_eight_hundred_full_rows_take_no_noticeable_time() -> None:
    row = {
        **NEW,
        "capabilities": ["tools", "vision", "streaming"],
        "modalities": {"input": ["image", "text"], "output": ["text"]},
        "pricing": fixed(unit("input", 0.25), unit("output", 2)),
    }
    rows = [{**row, "id": f"vendor/model-{number}.{number % 7}"} for number in range(785)]
    start = process_time()
    assert len(ids({"data": rows})) == 785
    assert process_time() - start < 0.3


@pytest.mark.parametrize("payload", [None, 5, "x", {}, {"data": None}, {"error": "no"}])
def test_what_is_no_list_is_told_apart_from_an_empty_one(payload: Any) -> None:
    assert read_models(payload) is None
    assert read_models({"data": []}) == []


@pytest.mark.parametrize(
    ("row", "abilities"),
    [
        ({"id": "perplexity/sonar-pro"}, {"streaming", "web_search"}),
        ({"id": "gpt-4o-search-preview", "features": ["x.tools"]}, {"tools", "web_search"}),
        ({"id": "gpt-4o"}, None),
        ({"id": "sonar-reader"}, None),
    ],
)
def test_models_that_search_the_web_are_known_by_name(
    row: dict[str, Any], abilities: set[str] | None
) -> None:
    found = read_row(row)
    assert found is not None
    assert found.abilities == (None if abilities is None else frozenset(abilities))
