"""The log: private, without keys, without control characters, and never in the way."""

from __future__ import annotations

import logging
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.common.logs import log_to
from aimltui.common.redaction import redactor

KEY = "very-secret-key-1234"


@pytest.fixture(autouse=True)
def own_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    logging.captureWarnings(False)


def test_a_line_holds_neither_keys_nor_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    file = tmp_path / "state" / "aimltui.log"
    log_to(file, redactor(["MY_KEY"]))
    assert not file.exists(), "nothing is made before there is something to say"
    logging.getLogger("x").error("refused %s, header Bearer abcdefgh12345\x1b]0;title\x07", KEY)
    text = file.read_text()
    assert KEY not in text
    assert "abcdefgh12345" not in text
    assert "\\x1b]0;title\\x07" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_warnings_go_into_the_file_and_not_over_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log_to(tmp_path / "aimltui.log", redactor([]))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old news", DeprecationWarning, stacklevel=1)
    assert "old news" in (tmp_path / "aimltui.log").read_text()
    assert capfd.readouterr().err == ""


def test_a_place_that_cannot_be_written_disturbs_nobody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    log_to(tmp_path / "file" / "aimltui.log", redactor([]))
    logging.getLogger("x").error("nobody hears this")
    assert capfd.readouterr().err == ""


def test_a_large_file_is_begun_anew_and_the_old_one_kept(tmp_path: Path) -> None:
    file = tmp_path / "aimltui.log"
    file.write_text("x" * 2_000_001)
    log_to(file, redactor([]))
    logging.getLogger("x").error("fresh")
    assert "fresh" in file.read_text()
    assert len(file.read_text()) < 1000
    assert (tmp_path / "aimltui.log.1").stat().st_size == 2_000_001
