"""Builds an engine and its models from flags, settings and the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aimltui.bootstrap.source import Source
from aimltui.common.errors import AimltuiError
from aimltui.config import paths
from aimltui.connections.discovery import KnownConnections
from aimltui.connections.endpoints import read_endpoints
from aimltui.connections.key_store import KeyStore

if TYPE_CHECKING:
    from aimltui.engine.approval import AskApproval
    from aimltui.engine.engine import Engine
    from aimltui.engine.models.compat.lesson_store import Lessons
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.engine.options import EngineOptions
    from aimltui.engine.tools.builtin import BuiltinTools

LEARNED = "learned-of-models.json"
"""A file in the data directory."""


def lessons_of(data_dir: Path) -> Lessons:
    """Return the store of what refusals have taught about models, in a data directory."""
    from aimltui.engine.models.compat.lesson_store import Lessons

    return Lessons(data_dir / LEARNED)


def empty_registry(source: Source, lessons: Lessons, *, is_demo: bool) -> ModelRegistry:
    """Return the chat models of a source without endpoints."""
    from aimltui.engine.models.registry import ModelRegistry

    return ModelRegistry(
        None,
        demo=is_demo,
        default_model=source.model or None,
        lessons=lessons,
        cache_dir=source.data_dir / "catalogue",
    )


def model_registry(source: Source, lessons: Lessons) -> ModelRegistry:
    """Return the chat models of a source. It blocks while keys are read.

    Args:
        source: Connections, keys and data directory.
        lessons: What refusals have taught about models.
    """
    registry = empty_registry(source, lessons, is_demo=source.connection is None)
    if source.connection is not None:
        known = KnownConnections(source.connection, source.others)
        found = read_endpoints(known, source.keys or KeyStore(paths.config_file()))
        registry.set_endpoints(found.usable, source.connection.name, found.troubles)
    return registry


def engine_options_of(
    source: Source, lessons: Lessons, ask_approval: AskApproval | None = None
) -> EngineOptions:
    """Return the engine's options for a source.

    Args:
        source: Settings and data directory.
        lessons: What refusals have taught about models.
        ask_approval: Asks the user to approve code that runs without a sandbox; None refuses such code.
    """
    from aimltui.engine.accounting.budget import BudgetLimits
    from aimltui.engine.options import EngineOptions

    interpreter = source.settings.interpreter
    return EngineOptions(
        data_dir=source.data_dir,
        interpreter=interpreter.sandbox,
        unconfined=interpreter.unconfined,
        ask_approval=ask_approval,
        lessons=lessons,
        limits=BudgetLimits(**asdict(source.settings.budget)),
    )


@asynccontextmanager
async def open_engine(
    source: Source, override: str | None = None, *, creates: bool = True
) -> AsyncIterator[Engine]:
    """Open the engine of a source, and close it with its runs at the end.

    Args:
        source: Connections, settings and data directory.
        override: A model that answers instead of every other model.
        creates: Whether a data directory is made if there is none; without, an empty store is read instead.

    Yields:
        The engine.

    Raises:
        AimltuiError: The database cannot be used.
    """
    with ExitStack() as stack:
        database = engine_options_of(source, lessons_of(source.data_dir)).database
        if not creates and not os.path.exists(database):  # noqa: ASYNC240  # one look; `Path.exists` raises some errors
            empty = stack.enter_context(TemporaryDirectory(prefix="aimltui-", ignore_cleanup_errors=True))
            source = replace(source, data_dir=Path(empty))
        async with open_engine_and_tools(source, override) as (engine, _):
            yield engine


@asynccontextmanager
async def open_engine_and_tools(
    source: Source, override: str | None = None, *, run_lifetime_s: float | None = None
) -> AsyncIterator[tuple[Engine, BuiltinTools]]:
    """Open the engine like `open_engine`, and yield it with its built-in tools.

    Args:
        source: Connections, settings and data directory.
        override: A model that answers instead of every other model.
        run_lifetime_s: Seconds that a run lives, and so waits for a decision; None for the API's.
    """
    from aimltui.bootstrap.embedding import EmbeddingService
    from aimltui.engine.engine import Engine
    from aimltui.engine.errors import StoreError
    from aimltui.engine.models.override import ModelOverride
    from aimltui.engine.tools.builtin import builtin

    lessons = lessons_of(source.data_dir)
    registry = model_registry(source, lessons)
    models = registry if override is None else ModelOverride(registry, override)
    try:
        engine_options = engine_options_of(source, lessons)
        if run_lifetime_s is not None:
            engine_options = replace(engine_options, run_lifetime_s=run_lifetime_s)
        embedding = EmbeddingService(registry, source.settings.search.embedding_model)
        engine_options = replace(engine_options, embed=embedding.embed)
        own = builtin(engine_options)
        engine = await Engine.open(engine_options, models, own.tools)
    except StoreError as error:
        raise AimltuiError(error.message) from error
    try:
        yield engine, own
    finally:
        await engine.aclose()
