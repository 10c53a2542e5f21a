"""The program with a screen, as it is put together: which connection, what is said before and after the first frame."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from aimltui.bootstrap.screen import startup_from
from aimltui.cli.main import parser
from aimltui.common.errors import ConfigError
from aimltui.config import paths
from aimltui.connections.types import ConnectionDraft
from aimltui.tui.startup import Connected
from tests.support.builders import bounded
from tests.support.recorder import Heard, Recorder, chats, models, says

WORK = '[connections.work]\nbase_url = "{url}"\napi_key_env = "WORK_KEY"\nmodel = "m1"\n'


def configure(text: str) -> None:
    paths.config_dir().mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text(text)


def options(*flags: str) -> argparse.Namespace:
    return parser().parse_args(flags)


async def connected(*flags: str) -> Connected:
    return await bounded(startup_from(options(*flags)).connect())


async def test_a_missing_key_of_the_usual_connection_is_said_on_the_screen_that_can_set_it_right() -> None:
    configure(WORK.format(url="http://127.0.0.1:9/v1"))
    found = await connected()
    assert (found.endpoint, found.default_model) == ("work", "m1")
    assert "WORK_KEY is not set" in found.notes[0]
    assert found.connections is not None
    assert [row.problem != "" for row in found.connections.rows()] == [True]
    await found.client.aclose()


def test_a_plain_screen_has_the_terminals_colours_and_no_motion() -> None:
    configure('[ui]\ntheme = "nord"\n')
    asked = startup_from(options("--demo", "--plain"))
    assert (asked.is_plain, asked.theme, asked.motion) == (True, "ansi-dark", "reduced")
    assert asked.flags == {"ui.plain": "true"}
    usual = startup_from(options("--demo"))
    assert (usual.is_plain, usual.theme, usual.motion, usual.title) == (False, "nord", "full", True)
    configure('[ui]\nplain = true\ntitle = false\n[keys]\nusage = "f6"\n')
    chosen = startup_from(options("--demo"))
    assert (chosen.is_plain, chosen.title, chosen.keys) == (True, False, {"usage": "f6"})


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--connection", "work"), "WORK_KEY is not set"),
        (("--connection", "nope"), "Available: “work”"),
        (("--connection", "work", "--base-url", "http://x"), "cannot be combined"),
        (
            ("--connection", "work", "--assistants-url", "http://x"),
            "cannot be combined with --assistants-url",
        ),
        (("--base-url", "http://x", "--api-key-env", "NOT_SET"), "NOT_SET is not set"),
    ],
)
def test_what_was_asked_for_and_cannot_be_is_said_before_the_screen_opens(
    flags: tuple[str, ...], said: str
) -> None:
    configure(WORK.format(url="http://127.0.0.1:9/v1"))
    with pytest.raises(ConfigError, match=said):
        startup_from(options(*flags))


async def test_a_first_connection_made_on_the_screen_answers_at_once() -> None:
    def answer(heard: Heard) -> bytes:
        return models("m1") if heard.method == "GET" else chats()

    found = await connected()
    assert (found.endpoint, found.default_model) == ("not connected", None)
    assert found.connections is not None
    assert found.connections.rows() == []
    async with Recorder(answer) as server:
        draft = ConnectionDraft("mine", server.base_url, "sk-0123456789abcdef", key_place="file")
        await found.connections.save(draft, make_default=True)
        assert [model.id for model in (await found.client.list_models()).data] == ["m1", "demo"]
        assert server.heard[-1].key == "sk-0123456789abcdef"
        await found.client.aclose()


async def test_the_demo_asks_nobody_until_a_connection_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_KEY", "work-key-0123456789")
    async with Recorder(lambda _: models("m1")) as server:
        configure(WORK.format(url=server.base_url))
        found = await connected("--demo")
        assert (found.endpoint, found.default_model) == ("offline", "demo")
        assert [model.id for model in (await found.client.list_models(refresh=True)).data] == ["demo"]
        assert server.heard == []
        assert found.connections is not None
        assert [(row.name, row.is_default) for row in found.connections.rows()] == [("work", False)]
        assert await found.connections.make_default("work") == "m1"
        assert [model.id for model in (await found.client.list_models(refresh=True)).data] == ["m1", "demo"]
        await found.client.aclose()


@pytest.mark.parametrize("flags", [(), ("--connection", "far")])
async def test_a_named_server_of_assistants_is_used_like_one_named_by_its_url(
    flags: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_KEY", "far-key-0123456789")
    async with Recorder(lambda _: says({"object": "list", "data": []})) as server:
        text = (
            f'[connections.far]\nbase_url = "{server.base_url}"\nkind = "assistants"\napi_key_env = "FAR_KEY"\nmodel = "big"\n'
            + WORK.format(url="http://127.0.0.1:9/v1")
        )
        configure(text)
        found = await connected(*flags)
        assert (found.endpoint, found.default_model, found.connections) == ("far", "big", None)
        assert {heard.key for heard in server.heard} == {"far-key-0123456789"}
        await found.client.aclose()


def test_programs_that_need_models_refuse_a_server_of_assistants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from aimltui.cli.main import main

    configure('[connections.far]\nbase_url = "http://127.0.0.1:9/v1"\nkind = "assistants"\n')
    for command in (["chat", "--connection", "far"], ["serve", "--uds", str(tmp_path / "s")]):
        assert main(command) == 2
        assert "“far” is a server of the Assistants API" in capsys.readouterr().err
