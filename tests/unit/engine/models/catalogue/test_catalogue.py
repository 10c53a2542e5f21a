"""The list of models of a connection: asked for, kept, renewed, and filled up by what servers tell beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.models.base import ModelError, ModelInfo, Price
from aimltui.engine.models.catalogue.cache import CatalogueCache
from aimltui.engine.models.catalogue.catalogue import Catalogue, index_of, shipped
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.provider import Provider
from tests.support.chat_server import ChatServer
from tests.support.scenes import GREETING, Answer, Reply, Request, Scene, as_json, refusal

AIML = Endpoint("AI/ML API", "https://api.aimlapi.com/v1")
DAY_S = 86_400
NOW = 1_800_000_000


class LikeAiml(Endpoint):
    """Takes a server of this machine for AI/ML API."""

    __slots__ = ()

    @property
    def is_aimlapi(self) -> bool:
        return True


class Time:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def listing(models: Answer | None, others: dict[str, Answer] | None = None) -> Scene:
    return Scene((GREETING,), models, others or {})


def rows(*ids: str, **more: Any) -> Reply:
    return as_json({"data": [{"id": model_id, **more} for model_id in ids]}, headers={"ETag": '"abc"'})


def ids(models: list[ModelInfo]) -> list[str]:
    return [model.id for model in models]


async def first_list(endpoint: Endpoint, directory: Path, **options: Any) -> list[ModelInfo]:
    provider = Provider(endpoint, cache_dir=directory, **options)
    try:
        return await provider.list_models()
    finally:
        await provider.aclose()


FULL = ModelInfo(
    "openai/gpt-5.6-luna",
    "GPT-5.6 Luna",
    "OpenAI",
    1_050_000,
    1_700_000_000,
    "calls",
    128_000,
    ("luna", "gpt-5-6-luna"),
    frozenset({"tools", "vision"}),
    Price(0.25e-6, 2e-6, None),
    frozenset({"chat", "responses"}),
    "Fast and small.",
    "",
    frozenset({"text", "image"}),
    "deprecated",
)


# The snapshot


def test_the_snapshot_is_for_aiml_api_only_has_contexts_and_no_prices() -> None:
    found = shipped(AIML)
    assert found is not None
    assert (found.source, found.as_of) == ("snapshot", 1_787_270_400)
    assert 250 < len(found.models) < 270
    assert all(model.context_length and model.vendor and model.price is None for model in found.models)
    assert not [model.id for model in found.models if "image" in model.id]
    known = index_of(found.models)
    assert known["claude-sonnet-4-5"].id == "anthropic/claude-sonnet-4.5"
    assert known["zhipu/glm-5-3"] is known["zhipu/glm-5.3"]
    assert known["openai/gpt-5-3-codex"].endpoints == {"responses"}
    assert known["openai/gpt-mini-latest"].endpoints is None
    for other in ("https://api.openai.com/v1", "http://api.aimlapi.com/v1", "https://evilaimlapi.com/v1"):
        assert shipped(Endpoint("AI/ML API", other)) is None


async def test_without_a_network_the_snapshot_is_there_at_once_and_says_what_it_is() -> None:
    provider = Provider(LikeAiml("AI/ML API", "http://127.0.0.1:9/v1"))
    info = provider.info("openai/gpt-mini-latest")
    assert info is not None
    assert (info.context_length, info.connection) == (400_000, "AI/ML API")
    assert len(await provider.list_models()) > 250
    with pytest.raises(ModelError):
        await provider.list_models(refresh=True)
    state = provider.list_state()
    assert (state.source, state.count) == ("snapshot", len(provider.models))
    assert "127.0.0.1:9" in state.problem
    await provider.aclose()


# The file


def test_everything_known_of_a_model_survives_the_disk(tmp_path: Path) -> None:
    cache = CatalogueCache(tmp_path / "deep" / "catalogue", AIML)
    cache.save(Catalogue((FULL, ModelInfo("bare")), NOW, "live", '"tag"'))
    assert cache.load() == Catalogue((FULL, ModelInfo("bare")), NOW, "cache", '"tag"')
    assert cache.file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(cache.file.parent) == [cache.file.name]


def test_another_address_or_another_name_is_another_file(tmp_path: Path) -> None:
    others = (Endpoint("AI/ML API", "https://api.aimlapi.com/v2"), Endpoint("Work", AIML.base_url), AIML)
    assert len({CatalogueCache(tmp_path, endpoint).file for endpoint in others}) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 99}',
        b'{"format": 1, "base_url": "https://other.example/v1", "as_of": 1, "etag": "", "models": [{"id": "a"}]}',
        b'{"format": 1, "base_url": "https://api.aimlapi.com/v1", "as_of": 1, "etag": "", "models": []}',
        b'{"format": 1, "base_url": "https://api.aimlapi.com/v1", "as_of": null, "etag": "", "models": [{"id": "a"}]}',
        b'{"format": 1, "base_url": "https://api.aimlapi.com/v1", "as_of": 1, "etag": "", "models": [5]}',
        b'{"format": 1, "base_url": "https://api.aimlapi.com/v1", "as_of": 1, "etag": "", '
        b'"models": [{"id": "a", "price": 5}]}',
    ],
)
def test_a_file_that_is_none_is_ignored(tmp_path: Path, content: bytes) -> None:
    cache = CatalogueCache(tmp_path, AIML)
    cache.file.write_bytes(content)
    assert cache.load() is None


def test_a_directory_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = CatalogueCache(tmp_path / "file" / "catalogue", AIML)
    cache.save(Catalogue((FULL,), NOW))
    assert cache.load() is None


# Asking, keeping, renewing


async def test_what_one_process_was_told_the_next_one_knows_without_asking(tmp_path: Path) -> None:
    async with ChatServer(
        listing(rows("a", type="openai/chat-completions", info={"contextLength": 5}))
    ) as server:
        endpoint = Endpoint("x", server.base_url)
        await first_list(endpoint, tmp_path)
        provider = Provider(endpoint, cache_dir=tmp_path)
        info = provider.info("a")
        assert info is not None
        assert (info.context_length, info.connection) == (5, "x")
        assert ids(await provider.list_models()) == ["a"]
        assert provider.list_state().source == "cache"
        assert len(server.requests) == 1
        await provider.aclose()


async def test_a_list_of_yesterday_is_shown_at_once_and_renewed_behind_the_back(tmp_path: Path) -> None:
    now = Time()
    async with ChatServer(listing(rows("old", type="openai/chat"))) as server:
        endpoint = Endpoint("x", server.base_url)
        await first_list(endpoint, tmp_path, now=now)
        server.scene = listing(rows("new", type="openai/chat"))
        now.now += DAY_S + 1
        provider = Provider(endpoint, cache_dir=tmp_path, now=now)
        assert ids(await provider.list_models()) == ["old"]
        await server.wait_for_requests(2)
        # Who asks now shares the answer that is under way.
        assert ids(await provider.list_models(refresh=True)) == ["new"]
        assert (provider.list_state().source, provider.list_state().as_of) == ("live", NOW + DAY_S + 1)
        assert provider.info("old") is None
        await provider.list_models()
        assert len(server.requests) == 2
        await provider.aclose()


async def test_a_list_that_did_not_change_is_not_sent_again_but_is_fresh(tmp_path: Path) -> None:
    now = Time()

    def answer(request: Request) -> Reply:
        known = request.headers.get("if-none-match") == '"abc"'
        return Reply(304, {"ETag": '"abc"'}) if known else rows("a", type="openai/chat")

    async with ChatServer(listing(answer)) as server:
        endpoint = Endpoint("x", server.base_url, Secret("sk-only-for-this-host"))
        await first_list(endpoint, tmp_path, now=now)
        now.now += 5000
        provider = Provider(endpoint, cache_dir=tmp_path, now=now)
        assert ids(await provider.list_models(refresh=True)) == ["a"]
        assert (provider.list_state().source, provider.list_state().as_of) == ("live", NOW + 5000)
        assert [request.headers.get("if-none-match") for request in server.requests] == [None, '"abc"']
        await provider.aclose()
    kept = CatalogueCache(tmp_path, endpoint).load()
    assert kept is not None
    assert kept.as_of == NOW + 5000
    assert b"sk-only" not in CatalogueCache(tmp_path, endpoint).file.read_bytes()


@pytest.mark.parametrize("answer", [rows(), refusal(503, "down"), Reply(pieces=(b"<html>",))])
async def test_an_empty_or_failed_answer_never_takes_the_place_of_a_list(
    tmp_path: Path, answer: Reply
) -> None:
    async with ChatServer(listing(rows("a", type="openai/chat"))) as server:
        endpoint = Endpoint("x", server.base_url)
        await first_list(endpoint, tmp_path)
        before = CatalogueCache(tmp_path, endpoint).file.read_bytes()
        server.scene = listing(answer)
        provider = Provider(endpoint, cache_dir=tmp_path)
        with suppress(ModelError):
            await provider.list_models(refresh=True)
        assert provider.list_state().problem
        assert ids(provider.models) == ["a"]
        assert provider.info("a") is not None
        await provider.aclose()
    assert CatalogueCache(tmp_path, endpoint).file.read_bytes() == before


async def test_a_renewal_that_hangs_ends_with_the_provider(tmp_path: Path) -> None:
    now = Time()
    async with ChatServer(listing(rows("a", type="openai/chat"))) as server:
        endpoint = Endpoint("x", server.base_url)
        await first_list(endpoint, tmp_path, now=now)
        server.scene = listing(Reply(silent=True))
        now.now += DAY_S + 1
        provider = Provider(endpoint, cache_dir=tmp_path, now=now)
        assert ids(await provider.list_models()) == ["a"]
        await server.wait_for_requests(2)
        await provider.aclose()


async def test_aiml_api_is_asked_for_everything_and_for_the_whole_list_if_the_filter_finds_nothing() -> None:
    def answer(request: Request) -> Reply:
        return refusal(400, "Invalid enum value") if request.query else rows("a", type="openai/chat")

    async with ChatServer(listing(answer)) as server:
        provider = Provider(LikeAiml("x", server.base_url))
        assert ids(await provider.list_models(refresh=True)) == ["a"]
        assert [request.query for request in server.requests] == [
            "include=all",
            "",
        ]
        await provider.aclose()


# What servers tell beside their list


def json_of(request: Request) -> Any:
    return request.json


async def told(
    models: Reply, others: dict[str, Answer], *, key: str = ""
) -> tuple[list[ModelInfo], list[Request]]:
    async with ChatServer(listing(models, others)) as server:
        provider = Provider(Endpoint("local", server.base_url, Secret(key) if key else None))
        found = await provider.list_models()
        await provider.aclose()
        return found, server.requests


def show(request: Request) -> Reply:
    return {
        "qwen3:8b": as_json(
            {
                "capabilities": ["completion", "tools", "thinking"],
                "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
                "parameters": "temperature 0.6\nnum_ctx                        16384",
            }
        ),
        "llava": as_json(
            {"capabilities": ["completion", "vision"], "model_info": {"llama.context_length": 4096}}
        ),
        "nomic-embed-text": as_json({"capabilities": ["embedding"]}),
    }.get(json_of(request)["model"], refusal(404, "no such model"))


OLLAMA: dict[str, Answer] = {
    "/api/tags": as_json(
        {
            "models": [
                {"name": "qwen3:8b", "details": {"parameter_size": "8.2B", "quantization_level": "Q4_K_M"}}
            ]
        }
    ),
    "/api/show": show,
    "/api/ps": as_json({"models": [{"name": "llava", "context_length": 2048}]}),
}


async def test_ollama_tells_context_and_abilities() -> None:
    found, _ = await told(rows("qwen3:8b", "llava", "nomic-embed-text", "odd", owned_by="library"), OLLAMA)
    by_id = {model.id: model for model in found}
    assert list(by_id) == ["qwen3:8b", "llava", "odd"]
    assert by_id["qwen3:8b"].context_length == 16_384
    assert by_id["qwen3:8b"].abilities == {"tools", "reasoning", "streaming"}
    assert by_id["qwen3:8b"].description == "8.2B Q4_K_M"
    assert (by_id["llava"].context_length, by_id["llava"].abilities) == (2048, {"vision", "streaming"})
    assert (by_id["odd"].context_length, by_id["odd"].abilities) == (None, None)


async def test_lm_studio_tells_kind_context_and_state() -> None:
    more = {
        "data": [
            {"id": "gemma", "type": "vlm", "publisher": "google", "max_context_length": 131_072, "state": "not-loaded"},
            {"id": "qwen", "type": "llm", "loaded_context_length": 4096, "max_context_length": 32_768,
             "capabilities": ["tool_use"], "state": "loaded"},
            {"id": "embed", "type": "embeddings"},
        ]
    }  # fmt: skip
    found, _ = await told(rows("gemma", "qwen", "embed"), {"/api/v0/models": as_json(more)})
    assert ids(found) == ["gemma", "qwen"]
    gemma, qwen = found
    assert (gemma.vendor, gemma.context_length, gemma.remark) == ("google", 131_072, "not loaded yet")
    assert (gemma.abilities, gemma.inputs) == (None, {"text", "image"})
    assert (qwen.context_length, qwen.abilities) == (4096, {"tools", "streaming"})


async def test_llama_cpp_tells_how_much_it_was_started_with() -> None:
    props = {"default_generation_settings": {"n_ctx": 8192}, "modalities": {"vision": True, "audio": False}}
    listed = rows("model.gguf", owned_by="llamacpp", meta={"n_ctx_train": 131_072})
    found, asked = await told(listed, {"/props": as_json(props)})
    assert (found[0].context_length, found[0].inputs, found[0].vendor) == (
        8192,
        {"text", "image"},
        "llama.cpp",
    )
    assert [request.path for request in asked] == ["/v1/models", "/props"]
    without, _ = await told(listed, {})
    assert without[0].context_length == 131_072


async def test_vllm_has_said_everything_in_its_list() -> None:
    found, asked = await told(rows("qwen", owned_by="vllm", max_model_len=32_768), {})
    assert found[0].context_length == 32_768
    assert len(asked) == 1


NONSENSE: list[Callable[[], Answer]] = [
    lambda: as_json([]),
    lambda: as_json({"models": 5, "data": "x", "modalities": [], "default_generation_settings": None}),
    lambda: as_json({"models": [{}, None], "data": [{"id": None, "type": 5}]}),
    lambda: Reply(pieces=(b"\xff{",)),
    lambda: Reply(pieces=(b"x" * 1_000_000,) * 5),
    lambda: Reply(302, {"Location": "http://198.51.100.7/api/tags"}),
    lambda: Reply(raw=b"\x00\x00"),
    lambda: refusal(500, "no"),
]


@pytest.mark.parametrize("answer", NONSENSE)
async def test_nonsense_beside_the_list_leaves_it_as_it_is(answer: Callable[[], Answer]) -> None:
    paths = ("/api/tags", "/api/show", "/api/ps", "/api/v0/models", "/props")
    found, _ = await told(rows("a", "b"), dict.fromkeys(paths, answer()))
    assert ids(found) == ["a", "b"]


async def test_questions_beside_go_to_the_same_origin_with_its_key_and_nowhere_else() -> None:
    key = "sk-for-the-local-server"
    async with ChatServer(listing(rows("other"))) as stranger:
        moved: Answer = Reply(307, {"Location": f"http://127.0.0.1:{stranger.port}/api/tags"})
        paths = ("/api/tags", "/api/v0/models", "/props")
        found, asked = await told(rows("a"), dict.fromkeys(paths, moved), key=key)
        assert ids(found) == ["a"]
        assert {request.path for request in asked} == {"/v1/models", *paths}
        assert {request.headers["authorization"] for request in asked} == {f"Bearer {key}"}
        assert stranger.requests == []


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:1/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://192.168.1.7:8080/v1", True),
        ("http://nas:1234/v1", True),
        ("http://nas.local/v1", True),
        ("https://api.aimlapi.com/v1", False),
        ("https://openrouter.ai/api/v1", False),
        ("http://8.8.8.8/v1", False),
        ("https://local.example.com/v1", False),
    ],
)
def test_only_the_users_own_network_is_private(url: str, is_private: bool) -> None:
    assert Endpoint("x", url).is_private is is_private
