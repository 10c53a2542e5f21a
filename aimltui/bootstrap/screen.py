"""Starts the full-screen program, and connects it to an engine or a server after its first frame."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.bootstrap.consent_service import ConsentService
from aimltui.bootstrap.engine import empty_registry, engine_options_of, lessons_of
from aimltui.bootstrap.source import DEMO_MODEL, Source, data_dir_of, default_model
from aimltui.common import gc_tuning
from aimltui.common.dataclass import used_by_libraries
from aimltui.common.errors import ConfigError
from aimltui.common.home import expanded
from aimltui.common.logs import log_to
from aimltui.common.redaction import redactor
from aimltui.common.urls import checked_base_url, endpoint_name
from aimltui.config import paths
from aimltui.config.settings import Settings, load_settings
from aimltui.connections.discovery import (
    AIMLAPI_KEY_VARIABLES,
    OPENAI_KEY_VARIABLE,
    Connection,
    KnownConnections,
    find_connections,
    key_for,
)
from aimltui.connections.endpoints import Endpoints
from aimltui.connections.key_store import KeyStore
from aimltui.tui.driver.profile import profile_of
from aimltui.tui.state.dead_time import KeyTimes
from aimltui.tui.storage.drafts import DraftStore
from aimltui.tui.storage.model_marks import ModelMarks

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.interchange.assistants import AssistantFolder
    from aimltui.local_tools.host import LocalTools
    from aimltui.tui.startup import Connected, Page, Startup

ASSISTANTS = "assistants"
"""A folder in the configuration directory."""
_WAIT_S = 3600
"""Seconds that a run lives, and so waits for a decision about a function; over the API it is 600."""
PLAIN_THEME = "ansi-dark"
"""In the terminal's own colours."""
_QUIET_S = 0.08
"""Seconds without a key after which the engine is imported: it would take the processor from the echo of a key."""
_PATIENCE_S = 1.0
"""Seconds after which it is imported although keys come."""
_BEATS = "240"
"""Frames per second at which Textual may paint."""


def startup_from(options: argparse.Namespace) -> Startup:
    """Return what the app needs to start, from flags, settings and the environment.

    Raises:
        AimltuiError: A flag, a setting or a variable is not valid.
    """
    # Imported late: these are plain data, and Textual is imported after them.
    from aimltui.tui.startup import Startup

    flags = {
        "connection.base_url": options.base_url,
        "connection.api_key_env": options.api_key_env,
        "connection.model": options.model,
        "ui.theme": options.theme,
    }
    config_file = options.config or paths.config_file()
    settings = load_settings(config_file, must_exist=options.config is not None, flags=flags)
    is_plain = options.plain or settings.ui.plain
    keys = KeyStore(config_file)
    known = _known(options, settings)
    remote = known.default if known.default is not None and known.default.kind == "assistants" else None
    connection = known.default
    if (
        connection is not None
        and connection.storage is None
        and (not connection.is_own or options.connection)
    ):
        # A named variable that is not set is reported before the screen opens: the screen cannot help with it.
        keys.read(connection)
    model = DEMO_MODEL if options.demo else default_model(settings, connection) if connection else None
    source = Source(data_dir_of(options), connection, model or "", settings, known.others, keys)
    consent = ConsentService(config_file)
    key_times = KeyTimes()
    is_awaited = asyncio.Event()

    async def pause(seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(is_awaited.wait(), seconds)

    async def connect() -> Connected:
        await until_quiet(key_times, pause, is_awaited.is_set)
        if remote is not None:
            chosen = default_model(settings, remote) if remote.is_own else settings.connection.model
            connected = await _connect_remote(remote, keys, _state_dir(options), chosen or "")
            return replace(connected, local_tools=_local_tools(settings, config_file, _state_dir(options)))
        return await _connect_engine(
            source, model, config_file, _state_dir(options), consent, is_demo=options.demo
        )

    return Startup(
        connect=connect,
        drafts=DraftStore(_state_dir(options) / "drafts"),
        marks=ModelMarks(_state_dir(options) / "models.json"),
        theme=PLAIN_THEME if is_plain else settings.ui.theme,
        glyphs=settings.ui.glyphs,
        thread_id=options.thread,
        new=options.new,
        model=options.model,
        themes_dir=config_file.parent / "themes",
        config_path=config_file,
        demo_model=DEMO_MODEL,
        alerts=settings.ui.alerts,
        auto_copy=settings.ui.auto_copy,
        compact_at=settings.threads.compact_at,
        trash_days=settings.threads.trash_days,
        sidebar=settings.ui.sidebar,
        title=settings.ui.title,
        keys=settings.keys,
        motion="reduced" if is_plain else settings.ui.motion,
        timestamps=settings.ui.timestamps,
        wrap=settings.ui.wrap,
        pictures=settings.ui.pictures,
        is_plain=is_plain,
        flags={key: value for key, value in flags.items() if value}
        | ({"ui.plain": "true"} if options.plain else {}),
        key_times=key_times,
        hurry=is_awaited.set,
        failed=f"No connection to {remote.name}" if remote else Startup.failed,
    )


def show(options: argparse.Namespace, startup: Startup) -> int:
    """Run the full-screen program; returns the exit status."""
    redact = redactor({*AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE, *filter(None, [options.api_key_env])})
    log_to(_state_dir(options) / "aimltui.log", redact)
    # Textual paints at fixed intervals; at 60 frames per second, an echo after a streamed frame is 16 ms late.
    # This does not paint more often: streamed text is collected by a separate timer.
    os.environ.setdefault("TEXTUAL_FPS", _BEATS)
    # Textual reads this variable when it is imported.
    if colors := profile_of(os.environ).color_system:
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", colors)
    with used_by_libraries():
        from aimltui.tui.app import AimltuiApp

    app = AimltuiApp(startup)
    app.redact = redact
    app.run()
    return app.return_code or 0


async def until_quiet(
    key_times: KeyTimes, sleep: Callable[[float], Awaitable[None]], is_awaited: Callable[[], bool]
) -> None:
    """Wait until no key has come for a moment, but not for long, and not if the user waits for what comes then."""
    began = now = key_times.now()
    while (
        not is_awaited()
        and now < began + _PATIENCE_S
        and (left := max(began, key_times.last) + _QUIET_S - now) > 0
    ):
        await sleep(left)
        now = key_times.now()


def _known(options: argparse.Namespace, settings: Settings) -> KnownConnections:
    """Return the connections of this run; the demo has no default connection."""
    if options.assistants_url is not None:
        if options.connection is not None:
            raise ConfigError("--connection cannot be combined with --assistants-url. Use one of them.")
        url = checked_base_url(options.assistants_url)
        key = options.api_key_env or key_for(url, os.environ)
        return KnownConnections(Connection(endpoint_name(url), url, key, kind="assistants"))
    known = find_connections(settings, name=options.connection)
    return KnownConnections(None, known.all) if options.demo else known


async def _connect_engine(
    source: Source,
    model: str | None,
    config_file: Path,
    state_dir: Path,
    consent: ConsentService,
    *,
    is_demo: bool,
) -> Connected:
    """Open the engine after the first frame; its modules are imported in a worker thread."""
    await asyncio.to_thread(_import_engine, has_connection=source.connection is not None)
    from aimltui.bootstrap.embedding import EmbeddingService
    from aimltui.bootstrap.interchange import InterchangeService
    from aimltui.bootstrap.recognition import RecognitionService
    from aimltui.bootstrap.temporary import TemporaryThreads
    from aimltui.client.client import AssistantsClient
    from aimltui.connections.service import ConnectionService
    from aimltui.engine.engine import Engine
    from aimltui.engine.models.demo.model import STARTERS
    from aimltui.engine.tools.builtin import builtin
    from aimltui.engine.tools.code_interpreter.bring_in import bring_in
    from aimltui.engine.tools.code_interpreter.rerun import run_again
    from aimltui.tui.startup import Connected, Ran

    lessons = lessons_of(source.data_dir)
    wait_s = source.settings.functions.wait_s or _WAIT_S
    options = replace(engine_options_of(source, lessons, consent.ask_approval), run_lifetime_s=wait_s)
    own = builtin(options)
    consent.use_interpreter(own.interpreter)
    connection = source.connection
    registry = empty_registry(source, lessons, is_demo=is_demo or connection is None)
    embeddings = EmbeddingService(registry, source.settings.search.embedding_model)
    options = replace(options, embed=embeddings.embed)

    def apply(found: Endpoints, default: str | None) -> None:
        registry.set_endpoints(found.usable, default, found.troubles)

    service = ConnectionService(
        config_file,
        KnownConnections(connection, source.others),
        source.keys or KeyStore(config_file),
        model=source.model,
        state_dir=state_dir,
        apply=apply,
        problems=lambda: {state.connection: state.problem for state in registry.list_states()},
    )
    if not is_demo:
        # The demo contacts no connection until the user chooses one.
        await service.start()
    engine = await Engine.open(options, registry, own.tools)

    async def run_code(thread_id: str, code: str) -> Ran:
        came = await run_again(own.sessions, thread_id, code, consent.ask_approval)
        return Ran(came.text, came.is_ok, came.seconds)

    async def copy_in(thread_id: str, files: Mapping[str, bytes]) -> str:
        return await bring_in(own.sessions, thread_id, files)

    client = AssistantsClient(TemporaryThreads(engine, options, registry))
    tools = _local_tools(source.settings, config_file, state_dir, is_demo=connection is None)
    if tools.skills is not None:
        tools.skills.copy_in = copy_in
    return Connected(
        client=client,
        endpoint=connection.name if connection else "offline" if is_demo else "not connected",
        default_model=model,
        starters=_starters(STARTERS),
        default_tools=own.ready,
        notes=tuple(row.problem for row in service.rows() if row.is_default and row.problem),
        connections=service,
        consent=consent,
        run_code=run_code,
        read_page=_read_page,
        recognition=RecognitionService(registry, engine.usage),
        embeddings=embeddings,
        interchange=InterchangeService(client),
        assistant_folder=_assistant_folder(client, source.settings, config_file),
        local_tools=tools,
        has_temporary=True,
        expect_run=_warm_up_models if connection else _warm_up_demo,
    )


async def _connect_remote(remote: Connection, keys: KeyStore, state_dir: Path, model: str) -> Connected:
    """Ask the server what it can do. Runs after the first frame, and so do its imports."""
    await asyncio.to_thread(_import_remote)
    from aimltui.bootstrap.interchange import InterchangeService
    from aimltui.client.connect import connect
    from aimltui.client.http import Remote
    from aimltui.tui.startup import Connected

    key = await asyncio.to_thread(keys.read, remote)
    client, found = await connect(Remote(remote.base_url, key), state_dir)
    return Connected(
        client=client,
        endpoint=remote.name,
        default_model=model,
        expect_run=_warm_up_screen,
        read_page=_read_page,
        interchange=InterchangeService(client),
        # only this program's engine lists threads
        has_tool_switch=found.list_threads,
        notes=found.missing,
    )


async def _read_page(url: str) -> Page:
    from aimltui.engine.files.web_page import PageReader

    return await PageReader().read(url)


def _starters(starters: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the demo's starters, and one with a document attached."""
    from aimltui.engine.models.demo.documents import ABOUT_HANDBOOK, handbook
    from aimltui.tui.state.attached_files import AttachedFile, with_files

    path = handbook()
    if path is None:
        return tuple(starters)
    title, prompt = ABOUT_HANDBOOK
    file = AttachedFile(str(path), path.name, path.stat().st_size, "file_search")
    return (*starters, (title, with_files(prompt, [file])))


def _assistant_folder(client: AssistantsClient, settings: Settings, config_file: Path) -> AssistantFolder:
    from aimltui.interchange.assistants import AssistantFolder

    named = settings.assistants.folder or ASSISTANTS
    return AssistantFolder(client, config_file.parent / expanded(Path(named)))


def _local_tools(
    settings: Settings, config_file: Path, state_dir: Path, *, is_demo: bool = False
) -> LocalTools:
    from aimltui.bootstrap.local_tools import fetch_page, local_tools

    return local_tools(settings, config_file, state_dir, read_page=fetch_page, is_demo=is_demo)


def _import_engine(*, has_connection: bool) -> None:
    _import(
        "markdown_it",
        "aimltui.tui.widgets.transcript.renderers.every",
        "aimltui.client.client",
        "aimltui.client.embedded",
        "aimltui.connections.service",
        "aimltui.engine.engine",
        "aimltui.engine.models.demo.model",
        "aimltui.engine.models.registry",
        "aimltui.engine.tools.builtin",
        "aimltui.tui.controllers.workspace",
        "aimltui.bootstrap.embedding",
        "aimltui.bootstrap.interchange",
        "aimltui.bootstrap.local_tools",
        "aimltui.bootstrap.recognition",
        "aimltui.bootstrap.temporary",
    )
    if has_connection:
        _import("aimltui.engine.models.provider")


def _import_remote() -> None:
    _import(
        "markdown_it",
        "aimltui.tui.widgets.transcript.renderers.every",
        "aimltui.client.connect",
        "httpx2",
        "aimltui.tui.controllers.workspace",
        "aimltui.bootstrap.interchange",
        "aimltui.bootstrap.local_tools",
    )


def _import(*names: str) -> None:
    with gc_tuning.paused(), used_by_libraries():
        for name in names:
            importlib.import_module(name)


@cache
def _warm_up_models() -> None:
    from aimltui.engine.models.chat.model import warm_up

    with gc_tuning.paused():
        warm_up()
    _warm_up_demo()


@cache
def _warm_up_demo() -> None:
    from aimltui.engine.tools.code_interpreter.service import load_sandboxes

    with gc_tuning.paused():
        load_sandboxes()
    _warm_up_screen()


@cache
def _warm_up_screen() -> None:
    from aimltui.tui.widgets.transcript.code import warm_up

    with gc_tuning.paused():
        warm_up()


def _state_dir(options: argparse.Namespace) -> Path:
    return data_dir_of(options) / "state" if options.data_dir else paths.state_dir()
