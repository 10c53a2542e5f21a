"""The user's packages: set up from a wheel that the test makes, found in the sandbox, and removed."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from aimltui.cli.interpreter import DEFAULT
from aimltui.cli.main import main
from aimltui.engine.tools.builtin import builtin
from aimltui.engine.tools.code_interpreter import packages as environment
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sessions.events import Value
from tests.sandbox.conftest import run
from tests.support.builders import options


def a_wheel(directory: Path) -> Path:
    """A package that needs no index."""
    directory.mkdir()
    info = "tinything-1.2.dist-info"
    with zipfile.ZipFile(directory / "tinything-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinything.py", "ANSWER = 42\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinything\nVersion: 1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return directory


async def test_packages_are_set_up_shown_used_kept_when_a_setup_is_stopped_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels, where = a_wheel(tmp_path / "wheels"), ["--data-dir", str(tmp_path / "data")]
    own = builtin(options(tmp_path / "data"))
    assert "standard library is available." in own.interpreter.packages()
    offline = ["--no-index", "--find-links", str(wheels), *where]
    assert main(["interpreter", "setup", "--packages", "tinything", *offline]) == 0
    assert "tinything            1.2" in capsys.readouterr().out
    assert "tinything 1.2" in own.tools[0].definition(()).description
    assert main(["interpreter", "show", *where]) == 0
    assert "tinything            1.2" in capsys.readouterr().out

    if (await own.interpreter.status()).is_on:
        session = await own.interpreter.make(tmp_path / "session")
        events = await run(
            session, "import tinything, os\ntinything.ANSWER, os.access(tinything.__file__, os.W_OK)"
        )
        await session.aclose()
        assert Value("(42, False)") in events

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    before = environment.current(tmp_path / "data")
    with suppress(KeyboardInterrupt):
        environment.make(tmp_path / "data", "/nowhere/python", ["tinything"], stop)
    with pytest.raises(SandboxError):
        environment.make(tmp_path / "data", "/nowhere/python", ["tinything"], lambda line: None)
    assert environment.current(tmp_path / "data") == before
    assert before is not None
    assert before.works
    assert len(list((tmp_path / "data" / "python").glob("env-*"))) == 1, "what was begun is gone"

    assert main(["interpreter", "remove", *where]) == 0
    assert environment.current(tmp_path / "data") is None
    assert not list((tmp_path / "data" / "python").glob("env-*"))
    assert "tinything" not in own.interpreter.packages()


def test_without_a_terminal_setup_wants_to_be_told_the_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpreter", "setup", "--data-dir", str(tmp_path)]) == 2
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["--index-url=http://elsewhere", "a b", "git+https://x/y", "../here", ""])
def test_what_is_no_name_of_a_package_is_not_given_to_pip(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interpreter", "setup", "--data-dir", str(tmp_path), f"--packages={name}"]) == 2
    assert "not a valid package name" in capsys.readouterr().err
    assert not (tmp_path / "python").exists()


def test_the_question_takes_numbers_names_and_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aimltui.cli import interpreter as interpreter_command

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    answers = iter(["", "1, sympy requests", "no/name", "9", "q"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    assert interpreter_command._ask(tmp_path) == DEFAULT
    assert interpreter_command._ask(tmp_path) == ("numpy", "sympy", "requests")
    assert interpreter_command._ask(tmp_path) == ()
