"""Saved conversations that were made to do harm, or that nobody made with care. All of it is invented."""

from __future__ import annotations

import copy
import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aimltui.interchange.as_json import skipped_as_json, thread_as_json
from aimltui.interchange.patterns import substitute
from aimltui.interchange.reading import look, read
from aimltui.interchange.records import Item, Skipped, Thread
from aimltui.interchange.yaml_values import parse

SAMPLES = Path(__file__).parent / "samples"
JSON_FILES = sorted(
    path for path in SAMPLES.rglob("*.json*") if path.name != "expected.json" and path.stat().st_size > 200
)


def items_of(*paths: Path) -> list[Item]:
    with look(paths) as found:
        return list(read(found))


def threads_of(*paths: Path) -> list[Thread]:
    return [item for item in items_of(*paths) if isinstance(item, Thread)]


def written(tmp_path: Path, value: Any, name: str = "saved.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(value), "utf-8")
    return path


def chatgpt(nodes: dict[str, tuple[str | None, str, str]], **more: Any) -> dict[str, Any]:
    mapping = {
        key: {
            "id": key,
            "parent": parent,
            "message": {"author": {"role": role}, "content": {"content_type": "text", "parts": [words]}},
        }
        for key, (parent, role, words) in nodes.items()
    }
    return {"id": "c", "title": "t", "mapping": mapping, **more}


ODD: list[Any] = [
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "\ud800\0\x1b[2J",
    [],
    [[]],
    {},
    {"a": {"b": [None]}},
    "x" * 5000,
]


@pytest.mark.parametrize("path", JSON_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.parametrize("seed", range(8))
def test_no_odd_value_anywhere_stops_a_reader(path: Path, seed: int, tmp_path: Path) -> None:
    """Every value of every sample may be something else: nothing is raised, and the rest can be told."""
    chance = random.Random(f"{path.name}{seed}")
    lines = path.read_text("utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
    for place, line in enumerate(lines):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        for _ in range(chance.randint(1, 6)):
            disturb(value, chance)
        lines[place] = json.dumps(value)
    (tmp_path / path.name).write_text("\n".join(lines), "utf-8")
    for item in items_of(tmp_path / path.name):
        if isinstance(item, Thread | Skipped):
            told = thread_as_json(item) if isinstance(item, Thread) else skipped_as_json(item)
            assert "\0" not in json.dumps(told, default=str, ensure_ascii=False).encode().decode()


def disturb(value: Any, chance: random.Random) -> None:
    """Put something odd in one place."""
    place, key = None, None
    while isinstance(value, dict | list) and value:
        place, key = value, chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = value[key]
        if chance.random() < 0.15:
            break
    if place is not None:
        place[key] = copy.deepcopy(chance.choice(ODD))


def test_parents_that_lead_round_in_a_circle_end(tmp_path: Path) -> None:
    nodes = {
        "a": ("c", "user", "one"),
        "b": ("a", "assistant", "two"),
        "c": ("b", "user", "three"),
        "d": ("d", "user", "four"),
    }
    (thread,) = threads_of(written(tmp_path, [chatgpt(nodes, current_node="c")]))
    assert [message.text for message in thread.messages] == ["one", "two", "three"]


def test_very_many_branches_do_not_all_come_and_this_is_said(tmp_path: Path) -> None:
    nodes = {"q": (None, "user", "q"), **{f"a{n}": ("q", "assistant", f"{n}") for n in range(500)}}
    (thread,) = threads_of(written(tmp_path, [chatgpt(nodes, current_node="a0")]))
    assert len(thread.branches) == 100
    assert thread.notes == ("only 100 of its 499 other branches are imported",)


def test_a_nested_conversation_of_thousands_of_messages_is_read(tmp_path: Path) -> None:
    message: dict[str, Any] = {"messageId": "last", "text": "last", "isCreatedByUser": False}
    text = json.dumps(message)
    for number in range(3_000):
        text = f'{{"messageId":"m{number}","text":"x","isCreatedByUser":true,"children":[{text}]}}'
    path = tmp_path / "deep.json"
    path.write_text(f'{{"conversationId":"x","title":"t","recursive":true,"messages":[{text}]}}')
    (thread,) = threads_of(path)
    assert len(thread.messages) == 3_001
    assert thread.messages[-1].text == "last"


def test_halves_of_characters_and_nul_are_replaced(tmp_path: Path) -> None:
    nodes = {"q": (None, "user", "a\ud800b\0c")}
    (thread,) = threads_of(written(tmp_path, [chatgpt(nodes)]))
    assert thread.messages[0].text == "a\ufffdb\ufffdc"
    assert thread.messages[0].text.encode()


def test_a_path_in_an_export_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "file-Secret1.png"
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    folder = tmp_path / "export"
    folder.mkdir()
    row = chatgpt({"q": (None, "user", "look")})
    for pointer in (
        f"file-service://{secret}",
        "sediment://../elsewhere/file-Secret1.png",
        "file-service://file-Secret1",
    ):
        row["mapping"]["q"]["message"]["content"] = {
            "content_type": "multimodal_text",
            "parts": [{"content_type": "image_asset_pointer", "asset_pointer": pointer}],
        }
        (thread,) = threads_of(written(folder, [row]))
        assert [attachment.content for attachment in thread.messages[0].attachments] == [None]
    rows = {
        "role": "user",
        "content": "x",
        "timestamp": "2026-01-01T00:00:00",
        "files": [str(secret), "../elsewhere/x"],
    }
    (thread,) = threads_of(written(folder, rows, "talk.jsonl"))
    assert [(a.name, a.content) for a in thread.messages[0].attachments] == [
        ("file-Secret1.png", None),
        ("x", None),
    ]


def test_the_settings_of_an_export_are_not_read() -> None:
    text = json.dumps([thread_as_json(thread) for thread in threads_of(SAMPLES / "chatbox")])
    assert "SECRET" not in text


def test_a_pattern_of_a_stranger_takes_no_time() -> None:
    began = time.monotonic()
    for pattern in ("(a+)+$", "a.*a.*a.*a.*a.*a.*b", ".*" * 50 + "b"):
        substitute(pattern, "x", "a" * 200_000, is_repeated=True)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("pattern", "is_repeated", "result"),
    [
        (".*", False, "new"),
        ("[\\s\\S]*", True, "new"),
        ("3\\.2", True, "new and new m"),
        ("3\\.2", False, "new and 3.2 m"),
        ("and.*", False, "3.2 new"),
        ("3.*?and", False, "new 3.2 m"),
        ("nothing", True, "3.2 and 3.2 m"),
        ("(3|4)", True, None),
        ("\\d", True, None),
    ],
)
def test_patterns_of_canvas_changes(pattern: str, is_repeated: bool, result: str | None) -> None:
    assert substitute(pattern, "new", "3.2 and 3.2 m", is_repeated=is_repeated) == result


def test_yaml_that_refers_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_text("model: x\nmessages:\n- &a [x, x]\n- &b [*a, *a]\n- [*b, *b]\n")
    (skipped,) = items_of(path)
    assert isinstance(skipped, Skipped)
    assert "references" in skipped.why


def test_yaml_makes_nothing_but_text() -> None:
    assert parse(b"a: !!python/object:os.system x\nb: yes\nc: 2026-01-01\nd: [1, ~]") == {
        "a": "x",
        "b": "yes",
        "c": "2026-01-01",
        "d": ["1", "~"],
    }


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    raw = bytearray((SAMPLES / "oterm" / "store.db").read_bytes())
    raw[1024:] = b"\xff" * (len(raw) - 1024)
    path = tmp_path / "store.db"
    path.write_bytes(bytes(raw))
    (skipped,) = items_of(path)
    assert isinstance(skipped, Skipped)


def test_a_view_is_not_taken_for_a_table(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as database:
        endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n AS id, n AS name, n AS model, n AS system FROM c"
        database.execute(f"CREATE VIEW chat AS {endless}")
        database.execute("CREATE TABLE message (id, chat_id, author, text)")
    assert items_of(path) == []


def test_an_open_journal_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes((SAMPLES / "oterm" / "store.db").read_bytes())
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "INSERT INTO message (chat_id, author, text) VALUES (3, 'user', 'only in the journal')"
        )
        database.commit()
        before = {found.name: found.read_bytes() for found in tmp_path.iterdir()}
        threads = threads_of(path)
        assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == before
    assert threads[-1].messages[0].text == "only in the journal"


@pytest.mark.parametrize("name", ["codex", "claude-code", "gptme", "jan"])
def test_a_broken_line_is_named_and_the_rest_comes(name: str, tmp_path: Path) -> None:
    (path,) = [found for found in (SAMPLES / name).rglob("*.jsonl") if found.name in SESSIONS]
    first, *rest = path.read_text("utf-8").splitlines()
    whole = threads_of(path)[0]
    folder = tmp_path / path.parent.name
    folder.mkdir()
    (folder / path.name).write_text("\n".join([first, '{"broken": tru}', "[1]", *rest]), "utf-8")
    items = items_of(folder / path.name)
    assert [item.why for item in items if isinstance(item, Skipped)] == [
        "it is not valid JSON",
        "it is not an object",
    ]
    (thread,) = [item for item in items if isinstance(item, Thread)]
    assert [message.text for message in thread.messages] == [message.text for message in whole.messages]


SESSIONS = (
    "rollout-2026-11-03T08-00-00-01a2-cx.jsonl",
    "5e551011-0000-4000-8000-000000000004.jsonl",
    "conversation.jsonl",
    "messages.jsonl",
)
