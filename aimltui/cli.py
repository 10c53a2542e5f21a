"""The command line, and the composition root: the only file that sees everything."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui import __version__, paths
from aimltui.config import Settings, load_settings
from aimltui.connection import AIMLAPI_BASE_URL, OPENAI_BASE_URL, Connection, find_connection, read_key
from aimltui.drafts import DraftStore
from aimltui.errors import AimltuiError, ConfigError

if TYPE_CHECKING:
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.tui.startup import Connected, Startup

DEMO_MODEL = "demo"

DEFAULT_MODELS = {AIMLAPI_BASE_URL: "openai/gpt-mini-latest", OPENAI_BASE_URL: "gpt-4.1-mini"}
"""The model of new threads where nobody chose one. Other endpoints: the first of their own list."""

GUIDE = """\
# Nothing is connected yet

Threads and runs are kept on this machine; only a **model** is missing. Do one of these and start again.
Nothing but the endpoint that you choose is ever contacted.

| you have | what to do |
| --- | --- |
| a key of the AI/ML API | `export AIMLAPI_API_KEY=your-key` |
| a key of OpenAI | `export OPENAI_API_KEY=your-key` |
| a server on this machine | `aimltui --base-url http://localhost:11434/v1` |

Or keep it in `{config_file}`:

```toml
[connection]
base_url = "https://api.aimlapi.com/v1"
api_key_env = "AIMLAPI_API_KEY"
```
"""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit status (0 fine, 1 failed, 2 wrong input)."""
    # the SDK would log to the terminal that the screen fills
    os.environ.pop("OPENAI_LOG", None)
    options = parser().parse_args(arguments)
    try:
        startup = _prepare(options)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigError(
                "aimltui fills a terminal, but its input or output is not one. Start it in a terminal."
            )
        return _show(startup)
    except AimltuiError as error:
        print(f"aimltui: {error}", file=sys.stderr)  # noqa: T201  # the screen is not up
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The flags; they stay as they are from version to version."""
    result = argparse.ArgumentParser(
        prog="aimltui",
        description="Work with AI assistants in the terminal: threads, runs and models, on an engine of its own.",
        epilog="Keys are read from AIMLAPI_API_KEY, AIML_API_KEY, AIMLAPI_KEY, or OPENAI_API_KEY with OPENAI_BASE_URL. "
        "AIMLTUI_DATA_DIR and AIMLTUI_CONFIG_DIR move the program's directories.",
        allow_abbrev=False,
    )
    add = result.add_argument
    add(
        "--demo",
        action="store_true",
        help="look around offline: a scripted model answers, nothing is contacted",
    )
    add("--data-dir", metavar="DIR", type=Path, help="where threads are kept")
    add("--config", metavar="FILE", type=Path, help="the configuration file")
    add("--base-url", metavar="URL", help="any OpenAI-compatible endpoint, such as http://localhost:11434/v1")
    add("--api-key-env", metavar="NAME", help="the environment variable that holds the endpoint's key")
    add("--model", metavar="ID", help="the model of new threads")
    add("--thread", metavar="ID", help="open this thread")
    add("--new", action="store_true", help="open a new thread instead of the last one")
    add("--theme", metavar="NAME", help="a theme by name, or auto: dark or light as the terminal is")
    add("--version", action="version", version=f"aimltui {__version__}")
    return result


def _prepare(options: argparse.Namespace) -> Startup:
    # the app's own imports are cheap here: startup.py is plain data
    from aimltui.tui.startup import Startup

    flags = {
        "connection.base_url": options.base_url,
        "connection.api_key_env": options.api_key_env,
        "connection.model": options.model,
        "ui.theme": options.theme,
    }
    config_file = options.config or paths.config_file()
    settings = load_settings(config_file, must_exist=options.config is not None, flags=flags)
    connection = None if options.demo else find_connection(settings)
    if connection is not None:
        read_key(connection)  # a variable that is named and not set is said before the screen opens

    async def connect() -> Connected:
        return await _connect(options, settings, connection)

    return Startup(
        connect=connect,
        drafts=DraftStore(_state_dir(options) / "drafts"),
        theme=settings.ui.theme,
        glyphs=settings.ui.glyphs,
        thread_id=options.thread,
        new=options.new,
        model=options.model,
        guide=GUIDE.format(config_file=config_file),
        themes_dir=config_file.parent / "themes",
        config_path=config_file,
        demo_model=DEMO_MODEL,
        auto_copy=settings.ui.auto_copy,
        sidebar=settings.ui.sidebar,
    )


def _show(startup: Startup) -> int:
    from aimltui.tui.app import AimltuiApp

    app = AimltuiApp(startup)
    app.run()
    return app.return_code or 0


async def _connect(
    options: argparse.Namespace, settings: Settings, connection: Connection | None
) -> Connected:
    """Open the engine. Runs after the first frame, and so do its imports, in a worker thread."""
    await asyncio.to_thread(_import_engine)
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport
    from aimltui.engine.engine import Engine
    from aimltui.engine.models.demo import STARTERS
    from aimltui.engine.options import EngineOptions
    from aimltui.tui.startup import Connected

    models = _models(connection, settings)
    engine = await Engine.open(EngineOptions(data_dir=_data_dir(options)), models)
    return Connected(
        client=AssistantsClient(EmbeddedTransport(engine)),
        endpoint=connection.name if connection else "offline demo" if options.demo else "not connected",
        default_model=_default_model(options, settings, connection),
        starters=tuple(STARTERS),
        warm_up=_warm_up if connection else None,
    )


def _import_engine() -> None:
    for name in (
        "aimltui.client.client",
        "aimltui.client.embedded",
        "aimltui.engine.engine",
        "aimltui.engine.models.demo",
    ):
        importlib.import_module(name)


def _warm_up() -> None:
    from aimltui.engine.models.openai_compatible import warm_up

    warm_up()


def _models(connection: Connection | None, settings: Settings) -> ModelRegistry:
    from aimltui.engine.models.endpoint import Endpoint
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.engine.models.secret import Secret

    if connection is None:
        return ModelRegistry(endpoint=None)
    key = read_key(connection)
    endpoint = Endpoint(connection.name, connection.base_url, Secret(key) if key else None)
    return ModelRegistry(endpoint=endpoint)


def _default_model(
    options: argparse.Namespace, settings: Settings, connection: Connection | None
) -> str | None:
    if options.demo:
        return DEMO_MODEL
    if connection is None:
        return None
    return settings.connection.model or DEFAULT_MODELS.get(connection.base_url, "")


def _data_dir(options: argparse.Namespace) -> Path:
    return options.data_dir.expanduser().absolute() if options.data_dir else paths.data_dir()


def _state_dir(options: argparse.Namespace) -> Path:
    return _data_dir(options) / "state" if options.data_dir else paths.state_dir()
