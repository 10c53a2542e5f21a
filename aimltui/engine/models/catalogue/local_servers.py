"""Details about models from local servers: Ollama, LM Studio, llama.cpp.

Only loopback and private addresses are asked, only at the endpoint's origin, with parallel requests and a short
timeout. The server need not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.catalogue.values import count_of, listed, mapping, tokens_of, words
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.response import read_json

PATIENCE_S = 4.0
"""Seconds for all requests together."""
SHOW_PATIENCE_S = 3.0
"""Seconds of these for the requests about single models; later answers are ignored."""
MOST_SHOWN = 64
"""The number of models for which Ollama is asked one by one."""
AT_ONCE = 8
_LIMIT_BYTES = 4 * 1024 * 1024
_ABILITIES = {"tools": "tools", "tool_use": "tools", "vision": "vision", "thinking": "reasoning"}
_STRANGERS = {"vllm": (), "Ollama": ("ollama",), "llama.cpp": ("props",), "LM Studio": ("studio",)}
"""The requests that make sense for the maker named in the list; all of them for any other maker."""


async def told_beside(connection: EndpointClient, models: list[ModelInfo]) -> list[ModelInfo]:
    """The models with their server's details added; unchanged if it gives none."""
    makers = {model.vendor for model in models}
    maker = next(iter(makers)) if len(makers) == 1 else ""
    questions = _STRANGERS.get(maker, ("ollama", "studio", "props"))
    ask = _Asking(connection)
    readers = {"ollama": _from_ollama, "studio": _from_studio, "props": _from_props}
    results: dict[str, list[ModelInfo]] = {}

    async def question(name: str) -> None:
        results[name] = await readers[name](ask, models)

    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            for name in questions:
                group.create_task(question(name))
    return next((found for name in questions if (found := results.get(name, models)) is not models), models)


class _Asking:
    """Sends small requests to the endpoint's origin, outside of its base URL. Every failure gives None."""

    def __init__(self, connection: EndpointClient) -> None:
        self._connection = connection
        self._root = connection.endpoint.base_url.removesuffix("/v1")

    async def get(self, path: str) -> JSON:
        return await self._send("GET", path, None)

    async def post(self, path: str, body: Mapping[str, JSON]) -> JSON:
        return await self._send("POST", path, body)

    async def _send(self, method: str, path: str, body: Mapping[str, JSON] | None) -> JSON:
        content = await self._connection.small_answer(method, self._root + path, body, _LIMIT_BYTES)
        try:
            return read_json(content) if content else None
        except ValueError:
            return None


async def _from_ollama(ask: _Asking, models: list[ModelInfo]) -> list[ModelInfo]:
    """Ollama: `/api/tags` identifies the server, `/api/show` has abilities, `/api/ps` the context of loaded models."""
    tags = [mapping(row) for row in listed(mapping(await ask.get("/api/tags")).get("models"))]
    if not tags:
        return models
    sizes = {str(row.get("name")): mapping(row.get("details")) for row in tags}
    gate = asyncio.Semaphore(AT_ONCE)
    told: dict[str, Mapping[str, JSON]] = {}
    loaded: dict[str, int | None] = {}

    async def show(model_id: str) -> None:
        async with gate:
            told[model_id] = mapping(await ask.post("/api/show", {"model": model_id}))

    async def look() -> None:
        for row in map(mapping, listed(mapping(await ask.get("/api/ps")).get("models"))):
            loaded[str(row.get("name"))] = tokens_of(row.get("context_length"))

    with suppress(TimeoutError):
        async with asyncio.timeout(SHOW_PATIENCE_S), asyncio.TaskGroup() as group:
            group.create_task(look())
            for model in models[:MOST_SHOWN]:
                group.create_task(show(model.id))
    found = []
    for model in models:
        shown = told.get(model.id, {})
        told_of = words(shown.get("capabilities"))
        if told_of is not None and not told_of & {"completion", "tools", "vision", "thinking", "insert"}:
            continue  # an embedding model
        details = sizes.get(model.id, {})
        parts = [
            part
            for key in ("parameter_size", "quantization_level")
            if isinstance(part := details.get(key), str)
        ]
        found.append(
            replace(
                model,
                context_length=loaded.get(model.id) or _ollama_context(shown) or model.context_length,
                abilities=_abilities(told_of) if told_of is not None else model.abilities,
                parameters=count_of(details.get("parameter_size")) or model.parameters,
                description=model.description or " ".join(part[:20] for part in parts if part.isprintable()),
            )
        )
    return found


def _ollama_context(shown: Mapping[str, JSON]) -> int | None:
    """The context length set in the model file, or else that of the model."""
    for line in str(shown.get("parameters") or "").splitlines()[:200]:
        name, _, value = line.strip().partition(" ")
        if name == "num_ctx":
            return tokens_of(value.strip())
    facts = mapping(shown.get("model_info"))
    return next(
        (tokens_of(value) for key, value in facts.items() if str(key).endswith(".context_length")), None
    )


async def _from_studio(ask: _Asking, models: list[ModelInfo]) -> list[ModelInfo]:
    """LM Studio: its list has the kind, the context and the state of each model."""
    rows = {
        str(row.get("id")): row
        for row in map(mapping, listed(mapping(await ask.get("/api/v0/models")).get("data")))
        if isinstance(row.get("type"), str) or "max_context_length" in row
    }
    if not rows:
        return models
    found = []
    for model in models:
        row = rows.get(model.id, {})
        kind = row.get("type")
        if kind == "embeddings":
            continue
        told = words(row.get("capabilities"))
        abilities = _abilities(told | ({"vision"} if kind == "vlm" else set())) if told is not None else None
        inputs = frozenset({"text", "image"}) if kind == "vlm" else None
        found.append(
            replace(
                model,
                vendor=str(row["publisher"])[:80] if _is_name(row.get("publisher")) else model.vendor,
                context_length=tokens_of(row.get("loaded_context_length"), row.get("max_context_length"))
                or model.context_length,
                abilities=abilities if abilities is not None else model.abilities,
                inputs=inputs or model.inputs,
                remark=model.remark or ("not loaded yet" if row.get("state") == "not-loaded" else ""),
            )
        )
    return found


async def _from_props(ask: _Asking, models: list[ModelInfo]) -> list[ModelInfo]:
    """llama.cpp: it reports the context length it was started with."""
    props = mapping(await ask.get("/props"))
    context = tokens_of(mapping(props.get("default_generation_settings")).get("n_ctx"), props.get("n_ctx"))
    modalities = mapping(props.get("modalities"))
    if context is None and not modalities:
        return models
    inputs = None
    if modalities:
        inputs = frozenset({"text"} | ({"image"} if modalities.get("vision") is True else set()))
    # A server of several models does not say to which one this belongs.
    if len(models) > 1:
        return models
    calls_tools = mapping(props.get("chat_template_caps")).get("supports_tools")
    if not isinstance(calls_tools, bool):
        calls_tools = None
    return [
        replace(
            model,
            context_length=context or model.context_length,
            inputs=inputs or model.inputs,
            abilities=model.abilities if calls_tools is None else _calls(model, calls_tools),
        )
        for model in models
    ]


def _calls(model: ModelInfo, calls_tools: bool) -> frozenset[str]:
    """The abilities of a model whose chat template takes tools or does not."""
    known = (model.abilities or frozenset()) - {"tools"}
    return known | {"streaming"} | ({"tools"} if calls_tools else set())


def _abilities(told: frozenset[str] | set[str]) -> frozenset[str]:
    return frozenset({"streaming", *(_ABILITIES[word] for word in told if word in _ABILITIES)})


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip())
