"""What the Connect screen works with: rows, tries, keeping, dropping, and the running program using it at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from aimltui.common.errors import ConfigError
from aimltui.config.settings import load_settings
from aimltui.connections.discovery import find_connections
from aimltui.connections.endpoints import Endpoints
from aimltui.connections.key_store import KeyStore
from aimltui.connections.service import ConnectionService
from aimltui.connections.types import ConnectionDraft, Connections
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.registry import ModelRegistry
from tests.support.recorder import Heard, Recorder, models, says

KEY = "sk-typed-0123456789"


class Place:
    """A configuration, and the program that runs with it."""

    def __init__(self, directory: Path, environment: dict[str, str] | None = None, text: str = "") -> None:
        self.file = directory / "config.toml"
        if text:
            self.file.write_text(text)
        self.environment = environment or {}
        self.registry = ModelRegistry(None, plugins={})
        self.keys = KeyStore(self.file, self.environment)
        known = find_connections(load_settings(self.file, environment=self.environment), self.environment)
        self.service = ConnectionService(
            self.file,
            known,
            self.keys,
            model="first-model",
            state_dir=directory / "state",
            apply=self.apply,
            problems=lambda: {state.connection: state.problem for state in self.registry.list_states()},
            environment=self.environment,
        )

    def apply(self, found: Endpoints, default: str | None) -> None:
        self.registry.set_endpoints(found.usable, default, found.troubles)

    @property
    def document(self) -> dict[str, object]:
        return tomllib.loads(self.file.read_text())


def typed(name: str, base_url: str, key: str = KEY) -> ConnectionDraft:
    return ConnectionDraft(name, base_url, key, key_place="file")


def local(name: str, base_url: str) -> ConnectionDraft:
    return ConnectionDraft(name, base_url)


def only(key: str) -> object:
    """A server whose list is public, and that knows one key."""

    def answer(heard: Heard) -> bytes:
        if heard.method == "GET":
            return models("m1", "m2")
        good = heard.key == key
        return says({"error": {"message": "no messages" if good else "bad key"}}, 400 if good else 401)

    return answer


async def test_it_is_what_the_screen_asks_for(tmp_path: Path) -> None:
    service: Connections = Place(tmp_path).service
    assert service.rows() == []
    assert service.key_places() == ("file",)


async def test_a_saved_connection_is_used_at_once_and_found_at_the_next_start(tmp_path: Path) -> None:
    async with Recorder(only(KEY)) as server:  # type: ignore[arg-type]
        place = Place(tmp_path)
        model = await place.service.save(
            typed("work", server.base_url, f"export K='{KEY}'\n"), make_default=True
        )
        assert model == ""
        listed = await place.registry.list_models()
        assert [(one.id, one.connection) for one in listed] == [("m1", "work"), ("m2", "work"), ("demo", "")]
        assert server.heard[-1].key == KEY
        assert KEY not in place.file.read_text()
        again = Place(tmp_path)
        await again.service.start()
        row = again.service.rows()[0]
        assert (row.name, row.base_url, row.key_place, row.key_hint, row.is_default, row.problem) == (
            "work", server.base_url, "file", "sk-…6789", True, ""
        )  # fmt: skip
        assert again.registry.connections() == ["work"]
        for one in (place, again):
            await one.registry.aclose()


async def test_the_first_one_is_the_default_and_a_second_one_only_if_it_is_said(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(local("one", "http://localhost:1/v1"), make_default=False)
    await place.service.save(local("two", "http://localhost:2/v1"), make_default=False)
    assert [(row.name, row.is_default) for row in place.service.rows()] == [("one", True), ("two", False)]
    assert await place.service.make_default("two") == ""
    assert [(row.name, row.is_default) for row in place.service.rows()] == [("two", True), ("one", False)]
    assert place.document["default_connection"] == "two"
    assert place.registry.connections() == ["two", "one"]
    with pytest.raises(ConfigError, match="no connection “three”"):
        await place.service.make_default("three")


async def test_the_model_of_new_threads_goes_with_the_default_connection(tmp_path: Path) -> None:
    text = '[connections.a]\nbase_url = "http://localhost:1/v1"\nmodel = "a-model"\n[connections.b]\nbase_url = "http://localhost:2/v1"\n'
    place = Place(tmp_path, text=text)
    assert await place.service.save(local("c", "http://localhost:3/v1"), make_default=False) == "first-model"
    assert await place.service.make_default("b") == ""
    assert await place.service.make_default("a") == "a-model"
    assert await place.service.save(typed("hub", "https://api.aimlapi.com/v1"), make_default=True) != ""


async def test_a_new_address_needs_the_key_anew_and_the_old_key_stays_where_it_belongs(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    await place.service.save(typed("work", "https://here.example/v1"), make_default=True)
    moved = ConnectionDraft("work", "https://there.example/v1", key_place="file")
    with pytest.raises(ConfigError, match=r"No key of “work” is stored for https://there\.example:443"):
        await place.service.save(moved, make_default=True)
    tested = await place.service.test(moved)
    assert not tested.is_good
    assert "https://there.example:443" in tested.text
    assert place.service.rows()[0].base_url == "https://here.example/v1"
    # the same host keeps it
    await place.service.save(
        ConnectionDraft("work", "https://here.example/v2", key_place="file"), make_default=True
    )
    assert place.keys.find("file", "work", "https://here.example/v2") == KEY


async def test_a_file_edited_by_hand_to_another_address_gets_no_key(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(typed("work", "https://here.example/v1"), make_default=True)
    place.file.write_text(place.file.read_text().replace("here.example", "there.example"))
    again = Place(tmp_path)
    await again.service.start()
    assert "Enter it again" in again.service.rows()[0].problem
    with pytest.raises(ModelError, match="Enter it again"):
        again.registry.resolve("m")


async def test_removing_forgets_the_key_and_the_next_one_is_the_default(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(typed("one", "https://one.example/v1"), make_default=True)
    await place.service.save(local("two", "http://localhost:2/v1"), make_default=False)
    await place.service.remove("one")
    assert [(row.name, row.is_default) for row in place.service.rows()] == [("two", True)]
    assert KEY not in place.keys.file.file.read_text()
    assert place.document == {"connections": {"two": {"base_url": "http://localhost:2/v1"}}}
    with pytest.raises(ModelError, match="no connection “one”"):
        place.registry.resolve("m", "one")


async def test_what_comes_from_a_variable_is_there_but_cannot_be_removed(tmp_path: Path) -> None:
    place = Place(tmp_path, {"OPENAI_API_KEY": "sk-from-variable-1"})
    await place.service.start()
    row = place.service.rows()[0]
    assert (row.name, row.key_place, row.key_hint, row.is_own) == (
        "OpenAI",
        "environment",
        "OPENAI_API_KEY",
        False,
    )
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        await place.service.remove("OpenAI")
    await place.service.save(
        ConnectionDraft("OpenAI", row.base_url, key_variable="OPENAI_API_KEY", key_place="environment"),
        make_default=True,
    )
    assert [(row.name, row.is_own) for row in place.service.rows()] == [("OpenAI", True)]


async def test_a_connection_made_of_a_variable_is_not_lost_when_another_one_is_added(tmp_path: Path) -> None:
    environment = {"AIMLAPI_API_KEY": "aiml-from-variable"}
    place = Place(tmp_path, environment)
    assert (
        await place.service.save(local("Ollama", "http://localhost:11434/v1"), make_default=False)
        == "first-model"
    )
    for one in (place, Place(tmp_path, environment)):
        assert [(row.name, row.is_default, row.is_own) for row in one.service.rows()] == [
            ("AI/ML API", True, True),
            ("Ollama", False, True),
        ]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (local("", "http://localhost:1"), "name for a connection"),
        (local("a\x1b", "http://localhost:1"), "name for a connection"),
        (local("x", "localhost:1"), "should look like"),
        (ConnectionDraft("x", "https://x.example", KEY), "where to store the key"),
        (ConnectionDraft("x", "https://x.example", key_place="environment", key_variable="NOT_SET"), "NOT_SET is not set"),
        (ConnectionDraft("x", "https://x.example", key_place="environment", key_variable=KEY), "not the name of an"),
        (ConnectionDraft("x", "https://x.example", key_place="keychain"), "Enter it"),
        (ConnectionDraft("x", "https://x.example", '""', key_place="file"), "no key in this"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_is_said_and_nothing_is_written(
    tmp_path: Path, draft: ConnectionDraft, said: str
) -> None:
    place = Place(tmp_path)
    with pytest.raises(ConfigError, match=said) as caught:
        await place.service.save(draft, make_default=True)
    assert KEY not in str(caught.value)
    assert not place.file.exists()


async def test_what_is_no_key_is_said_to_be_of_no_use_to_save(tmp_path: Path) -> None:
    tested = await Place(tmp_path).service.test(
        ConnectionDraft("x", "https://x.example", '""', key_place="file")
    )
    assert (tested.is_good, tested.can_be_saved) == (False, False)


async def test_a_connection_that_cannot_be_written_leaves_no_key_behind(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(typed("old", "https://old.example/v1", "the-old-key-000"), make_default=True)
    place.file.write_text("[broken\n")
    for name in ("new", "old"):
        with pytest.raises(ConfigError, match="line 1"):
            await place.service.save(typed(name, "https://old.example/v1"), make_default=True)
    assert place.keys.find("file", "new", "https://old.example/v1") is None
    assert place.keys.find("file", "old", "https://old.example/v1") == "the-old-key-000"


async def test_two_names_that_differ_in_their_letters_size_only_are_one_too_many(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(local("Work", "http://localhost:1"), make_default=True)
    with pytest.raises(ConfigError, match="“Work” exists already"):
        await place.service.save(local("work", "http://localhost:2"), make_default=True)


def test_keys_in_the_environment_are_offered_by_their_variables_once_each(tmp_path: Path) -> None:
    environment = {"AIMLAPI_API_KEY": "k1", "AIML_API_KEY": "k1", "OPENAI_API_KEY": "k2", "OTHER_KEY": "k3"}
    found = Place(tmp_path, environment).service.environment_keys()
    assert [(one.variable, one.provider, one.base_url) for one in found] == [
        ("AIMLAPI_API_KEY", "AI/ML API", "https://api.aimlapi.com/v1"),
        ("OPENAI_API_KEY", "OpenAI", "https://api.openai.com/v1"),
    ]


async def test_a_run_that_has_begun_goes_on_while_connections_change(tmp_path: Path) -> None:
    async with Recorder(only(KEY)) as server:  # type: ignore[arg-type]
        place = Place(tmp_path)
        await place.service.save(typed("work", server.base_url), make_default=True)
        running = place.registry.resolve("m1", "work")
        await running.list_models()
        await place.service.save(local("other", "http://localhost:1"), make_default=True)
        assert place.registry.resolve("m1", "work") is running
        await place.service.remove("work")
        assert [one.id for one in await running.list_models()] == ["m1", "m2"]
        await place.registry.aclose()


async def test_what_a_connection_said_last_stands_in_its_row(tmp_path: Path) -> None:
    async with Recorder(lambda _: says({"error": {"message": "no"}}, 401)) as server:
        place = Place(tmp_path)
        await place.service.save(typed("work", server.base_url), make_default=True)
        assert place.service.rows()[0].problem == ""
        with pytest.raises(ModelError):
            await place.registry.list_models()
        assert "did not accept the API key" in place.service.rows()[0].problem
        await place.registry.aclose()


async def test_a_server_of_assistants_is_kept_and_is_no_source_of_models(tmp_path: Path) -> None:
    place = Place(tmp_path)
    draft = ConnectionDraft("remote", "http://localhost:1/v1", kind="assistants")
    await place.service.save(draft, make_default=False)
    row = place.service.rows()[0]
    assert (row.kind, bool(row.problem)) == ("assistants", True)
    assert place.registry.connections() == []
    known = find_connections(load_settings(place.file, environment={}), {}, name="remote")
    assert known.default is not None
    assert known.default.kind == "assistants"


async def test_a_server_of_assistants_as_the_default_waits_for_the_next_start(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.service.save(local("here", "http://localhost:1/v1"), make_default=True)
    await place.service.save(local("there", "http://localhost:2/v1"), make_default=False)
    draft = ConnectionDraft("remote", "http://localhost:3/v1", kind="assistants")
    assert await place.service.save(draft, make_default=True) == ""
    assert (place.service.rows()[0].name, place.service.rows()[0].is_default) == ("remote", True)
    assert place.registry.resolve("m") is place.registry.resolve("m", "here")
    await place.service.remove("here")
    with pytest.raises(ModelError):
        place.registry.resolve("m")
    assert place.registry.connections() == ["there"]
