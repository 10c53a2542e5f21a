"""`aimltui doctor` says what it found and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimltui.cli import doctor
from aimltui.cli.main import main
from aimltui.connections.key_store import KeyStore, key_file
from aimltui.engine.tools.code_interpreter import selection as choice
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.selection import NONE
from aimltui.engine.tools.code_interpreter.selftest import WALLS
from tests.sandbox.working import working


@pytest.mark.skipif(not working(), reason="no sandbox works here")
def test_it_names_the_sandbox_and_each_wall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "The code interpreter uses " in said
    assert "It does not cover:" in said
    for wall in WALLS:
        assert f"blocked: {wall}" in said
    assert "NOT BLOCKED" not in said


def test_without_a_sandbox_it_fails_and_says_what_is_at_risk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "kinds", lambda: ())
    assert main(["doctor", "--data-dir", str(tmp_path)]) == 1
    assert NONE in capsys.readouterr().out


def test_what_the_settings_say_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "kinds", lambda: ())
    config = tmp_path / "config.toml"
    where = ["doctor", "--data-dir", str(tmp_path), "--config", str(config)]
    config.write_text('[interpreter]\nunconfined = "ask"\n')
    assert main(where) == 1
    said = capsys.readouterr().out
    assert "Your settings allow code without one" in said
    assert "packages: the standard library" in said
    config.write_text('[interpreter]\nsandbox = "off"\n')
    assert main(where) == 0
    assert "code interpreter is switched off" in capsys.readouterr().out


def test_keys_are_told_by_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "very-secret")
    said = "\n".join(doctor.facts(tmp_path))
    assert "AIMLAPI_API_KEY" in said
    assert "very-secret" not in said


def test_connections_are_told_with_the_places_of_their_keys_and_without_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        'default_connection = "b"\n'
        '[connections.a]\nbase_url = "https://a.example/v1"\nkey = "file"\n'
        '[connections.b]\nbase_url = "https://b.example/v1"\napi_key_env = "B_KEY"\nkind = "assistants"\n'
        '[connections.c]\nbase_url = "https://c.example/v1"\nkey = "file"\n'
        '[connections.d]\nbase_url = "http://localhost:1/v1"\n'
    )
    monkeypatch.setenv("B_KEY", "secret-of-b-0123456789")
    KeyStore(file).save("file", "a", "https://a.example/v1", "secret-of-a-0123456789")
    said = "\n".join(doctor.connections(file))
    assert (
        "b: https://b.example/v1, a server of the Assistants API (default)\n    key in the variable B_KEY"
        in said
    )
    assert f"a: https://a.example/v1\n    key in the file {key_file(file)}\n" in said
    assert f"{key_file(file)}, but: The key file has no key of “c”" in said
    assert "d: http://localhost:1/v1\n    no key" in said
    assert "secret" not in said
    file.write_text("[broken")
    assert "line 1" in "\n".join(doctor.connections(file))


def test_it_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "kinds", lambda: ())
    monkeypatch.setenv("A_KEY", "secret-of-a-0123456789")
    config = tmp_path / "config.toml"
    config.write_text('[connections.a]\nbase_url = "https://a.example/v1"\napi_key_env = "A_KEY"\n')
    assert main(["doctor", "--json", "--data-dir", str(tmp_path), "--config", str(config)]) == 1
    said = capsys.readouterr().out
    found = json.loads(said)
    assert found["data"] == str(tmp_path)
    assert found["connections"][0]["key"] == "key in the variable A_KEY"
    assert found["code_interpreter"]["uses"] is None
    assert not any(one["works"] for one in found["code_interpreter"]["sandboxes"])
    assert "secret" not in said


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_without_a_python_it_fails_also_where_no_code_may_run(
    form: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> None:
        raise SandboxError("There is no Python.")

    monkeypatch.setattr(doctor.interpreter, "find", find)
    config = tmp_path / "config.toml"
    config.write_text('[interpreter]\nsandbox = "off"\n')
    assert main(["doctor", *form, "--data-dir", str(tmp_path), "--config", str(config)]) == 1
    assert "There is no Python." in capsys.readouterr().out
