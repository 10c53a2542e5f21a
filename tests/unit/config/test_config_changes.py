"""Changing `config.toml`: the user's comments and layout survive, and so does what another window writes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from aimltui.common.disk import exclusive
from aimltui.common.errors import ConfigError
from aimltui.config.connection_tables import (
    NamedConnection,
    erase_connection,
    write_connection,
    write_default_connection,
)
from aimltui.config.settings import load_settings, write_config
from aimltui.config.toml_edit import edited

WRITTEN = """\
# My settings. Do not reformat!
default_connection = 'work'   # the one that the company pays

# colours
[ui]
theme = 'nord' # easy on the eyes
auto_copy=true

# the company's account
[connections.work]
base_url   = "https://api.openai.com/v1"
# the key rotates every month
api_key_env = "WORK_KEY"
model = "gpt-4.1-mini"      # cheap

# the machine under the desk
[connections.home]
base_url = "http://localhost:11434/v1"

# what the month allows
[budget]
per_day_usd = 5.00

# vim: ft=toml
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(WRITTEN)
    return file


def test_a_changed_value_changes_only_its_place(file: Path) -> None:
    write_config(file, {"ui.theme": "dracula"})
    assert file.read_text() == WRITTEN.replace("'nord'", '"dracula"')


def test_a_new_setting_stands_in_its_table_and_before_the_comment_of_the_next(file: Path) -> None:
    write_config(file, {"ui.glyphs": "ascii"})
    assert file.read_text() == WRITTEN.replace("auto_copy=true\n", 'auto_copy=true\nglyphs = "ascii"\n')


def test_a_new_setting_of_the_last_table_stands_before_the_end_of_the_file(file: Path) -> None:
    write_config(file, {"budget.per_run_tokens": 9000})
    assert file.read_text() == WRITTEN.replace("= 5.00\n", "= 5.00\nper_run_tokens = 9000\n")


def test_a_new_table_stands_at_the_end(file: Path) -> None:
    write_config(file, {"interpreter.sandbox": "off"})
    expected = '\n[interpreter]\nsandbox = "off"\n\n# vim: ft=toml\n'
    assert file.read_text() == WRITTEN.replace("\n# vim: ft=toml\n", expected)


def test_a_connection_is_added_behind_the_others(file: Path) -> None:
    write_connection(
        file, NamedConnection("AI/ML API", "https://api.aimlapi.com/v1", key_place="file"), make_default=False
    )
    added = '\n[connections."AI/ML API"]\nbase_url = "https://api.aimlapi.com/v1"\nkey = "file"\n'
    assert file.read_text() == WRITTEN.replace(
        "\n# what the month allows", f"{added}\n# what the month allows"
    )


def test_a_connection_changes_and_what_is_not_changed_stays_as_it_was_written(file: Path) -> None:
    changed = NamedConnection(
        "work", "https://api.openai.com/v2", api_key_env="WORK_KEY", model="gpt-4.1-mini", kind="assistants"
    )
    write_connection(file, changed, make_default=True)
    assert file.read_text() == WRITTEN.replace("com/v1", "com/v2").replace(
        "# cheap\n", '# cheap\nkind = "assistants"\n'
    )


def test_a_removed_connection_leaves_every_comment_outside_its_lines(file: Path) -> None:
    erase_connection(file, "work")
    text = file.read_text()
    assert load_settings(file, environment={}).connections == (
        NamedConnection("home", "http://localhost:11434/v1"),
    )
    assert "work" not in tomllib.loads(text).get("connections", {})
    for comment in (
        "# My settings. Do not reformat!",
        "# colours",
        "# easy on the eyes",
        "# the company's account",
        "# the machine under the desk",
        "# what the month allows",
        "# vim: ft=toml",
    ):
        assert comment in text
    home = "# the machine under the desk\n[connections.home]\n"
    assert home in text


def test_the_default_connection_is_changed_taken_back_and_set_again(file: Path) -> None:
    write_default_connection(file, "home")
    assert file.read_text() == WRITTEN.replace("'work'", '"home"')
    write_default_connection(file, None)
    write_default_connection(file, "work")
    text = file.read_text()
    assert text.startswith("# My settings. Do not reformat!\n")
    assert "# colours\n[ui]\n" in text
    assert tomllib.loads(text) == tomllib.loads(WRITTEN)


def test_a_default_connection_is_never_written_between_a_comment_and_its_table(file: Path) -> None:
    file.write_text('# head\n\n# the company\'s\n[connections.work]\nbase_url = "http://localhost/v1"\n')
    write_default_connection(file, "work")
    text = file.read_text()
    assert text.startswith("# head\n")
    assert "# the company's\n[connections.work]\n" in text
    assert tomllib.loads(text)["default_connection"] == "work"


WAYS = [
    'ui.theme = "nord" # dotted\nconnections.work.base_url = "http://localhost/v1"\n',
    'ui = { theme = "nord" } # inline\n[connections]\nwork = { base_url = "http://localhost/v1" } # one line\n',
    '[connections.work] # first\nbase_url = "http://localhost/v1"\n[ui] # between\n'
    '[connections.other] # last\nbase_url = "http://localhost/v1"\n',
    "[[later]] # unknown\nx = 1\n[[later]]\nx = [ # a list\n  2,\n]\n[connections]\n"
    '[connections.work]\nbase_url = "http://localhost/v1"',
    '\ufeff# with a mark\r\n[ui]\r\ntheme = "nord"\r\n\r\n[connections.work]\r\nbase_url = "http://localhost/v1"\r\n',
    "# only a comment\n\n[connections.work]\nbase_url = '''http://localhost/v1'''",
]


@pytest.mark.parametrize("text", WAYS)
def test_every_way_of_writing_it_down_is_changed_with_care(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    before = tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n"))
    new = NamedConnection('a "new" one', "http://localhost/v2")
    for change in (
        lambda: write_config(
            file, {"ui.theme": "dracula", "ui.sidebar": "hidden", "budget.per_day_usd": 1.5}
        ),
        lambda: write_connection(file, new, make_default=True),
        lambda: write_connection(file, NamedConnection("work", "http://localhost/v3"), make_default=False),
        lambda: erase_connection(file, "work"),
    ):
        change()
        content = file.read_bytes().decode()
        for line in text.splitlines():
            comment = line.partition("#")[2]
            assert comment in content or "[connections.work]" in line or "work =" in line
        assert content.startswith("\ufeff") == text.startswith("\ufeff")
        assert ("\r\n" in content) == ("\r\n" in text)
        assert "\n" not in content.replace("\r\n", "") or "\r\n" not in text
    after = tomllib.loads(content.lstrip("\ufeff").replace("\r\n", "\n"))
    assert after["ui"] == before.get("ui", {}) | {"theme": "dracula", "sidebar": "hidden"}
    assert after["default_connection"] == new.name
    assert set(after["connections"]) == {new.name, *before["connections"]} - {"work"}
    assert after.get("later") == before.get("later")


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        *(way.lstrip("\ufeff").replace("\r\n", "\n") for way in WAYS),
        "",
        "# only a comment",
        "[connections] # all of them\n# one\n\n# two\n  [connections.a]\n  base_url = 'u' # x\n  # y\n\n# z\n\n[ui]",
        'a.b.c = 1 # x\n\n# y\na.b.d = 2\n# z\n\n[[s]]\n# q\n[[s]]\n[s.t]\nv = """\n# no comment\n"""\n',
    ],
)
def test_the_same_values_are_the_same_text(text: str) -> None:
    assert edited(text, tomllib.loads(text)) == text


def test_a_broken_file_is_left_alone_and_the_place_is_said(file: Path) -> None:
    broken = "# mine\n[ui\ntheme = 1\n"
    file.write_text(broken)
    for change in (
        lambda: write_config(file, {"ui.theme": "nord"}),
        lambda: write_connection(file, NamedConnection("a", "http://localhost/v1"), make_default=True),
        lambda: write_default_connection(file, None),
        lambda: erase_connection(file, "work"),
    ):
        with pytest.raises(ConfigError, match=r"config\.toml, line 2, column .*Correct that line"):
            change()
    assert file.read_text() == broken


def test_a_new_file_is_its_owners_alone_and_a_present_one_keeps_its_mode(file: Path) -> None:
    file.chmod(0o640)
    write_config(file, {"ui.theme": "dracula"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    new = file.with_name("new.toml")
    write_config(new, {"ui.theme": "dracula"})
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert new.read_text() == '[ui]\ntheme = "dracula"\n'


def test_a_linked_file_is_changed_where_it_is(file: Path, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles" / "aimltui.toml"
    dotfile.parent.mkdir()
    file.rename(dotfile)
    file.symlink_to(dotfile)
    write_config(file, {"ui.theme": "dracula"})
    assert file.is_symlink()
    assert dotfile.read_text() == WRITTEN.replace("'nord'", '"dracula"')
    assert [item.name for item in dotfile.parent.iterdir()] == ["aimltui.toml"]


WINDOW = """
import sys
from pathlib import Path
from aimltui.config.settings import write_config
from aimltui.config.connection_tables import NamedConnection, write_connection
file, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    write_connection(file, NamedConnection(f"{name}{number}", "http://localhost/v1"), make_default=False)
    write_config(file, {f"ui.{name}": number})
"""


def test_two_windows_that_change_different_things_at_once_lose_nothing(file: Path) -> None:
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", WINDOW, str(file), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "other")
    ]
    for window in windows:
        assert window.stdout is not None
        assert window.stdout.readline() == "ready\n"
    for window in windows:
        assert window.stdin is not None
        window.stdin.write("\n")
        window.stdin.flush()
    for window in windows:
        _, said = window.communicate(timeout=60)
        assert window.returncode == 0, said
    found = tomllib.loads(file.read_text())
    expected = {f"{name}{number}" for name in ("one", "other") for number in range(15)}
    assert set(found["connections"]) == expected | {"work", "home"}
    assert (found["ui"]["one"], found["ui"]["other"]) == (14, 14)


def test_a_window_that_makes_many_changes_in_a_row_lets_others_between_them(tmp_path: Path) -> None:
    had = threading.Event()

    def change() -> None:
        with exclusive(tmp_path, patience_s=60):
            had.set()

    other = threading.Thread(target=change)
    changes = 0
    while not had.is_set() and changes < 100:
        with exclusive(tmp_path):
            if not changes:
                other.start()
            had.wait(0.01)
        changes += 1
    was_between = had.is_set()
    other.join()
    assert was_between


def test_a_window_that_never_finishes_does_not_hold_up_the_others_for_ever(tmp_path: Path) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(tmp_path):
            held.set()
            done.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(60)
    try:
        with pytest.raises(TimeoutError, match="another window"), exclusive(tmp_path, patience_s=0.05):
            pass
    finally:
        done.set()
        other.join()
    with exclusive(tmp_path, patience_s=0.05):
        assert os.listdir(tmp_path) == []
