"""A search in chunks: whole questions, names, other scripts, contexts, several queries, neighbours, many files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

import pytest

from aimltui.engine.extraction.chunks import Chunk, split
from aimltui.engine.extraction.contexts import with_context
from aimltui.engine.store import migrations, passages
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store.passages import Passage
from aimltui.engine.store.search.query import words_of
from aimltui.engine.store.search.ranking import Candidate, scores
from aimltui.wire.vector_stores import IN_PROGRESS, VectorStoreFile

_opened: list[sqlite3.Connection] = []


@pytest.fixture(autouse=True)
def _databases() -> Iterator[None]:
    """Close what a test has opened: since Python 3.13, one that is left open is a warning."""
    yield
    while _opened:
        _opened.pop().close()


def library(texts: Mapping[str, str | list[Chunk]], store: str = "vs_1") -> sqlite3.Connection:
    """A database with a vector store that has these files."""
    conn = sqlite3.connect(":memory:")
    _opened.append(conn)
    conn.row_factory = sqlite3.Row
    for statement in migrations.statements(migrations.SCHEMA.read_text(encoding="utf-8")):
        conn.execute(statement)
    add(conn, texts, store)
    return conn


def add(conn: sqlite3.Connection, texts: Mapping[str, str | list[Chunk]], store: str) -> None:
    conn.execute(
        "INSERT OR IGNORE INTO vector_stores (id, last_active_at, body) VALUES (?, 0, '{}')", (store,)
    )
    for name, text in texts.items():
        conn.execute(
            "INSERT OR IGNORE INTO files (id, created_at, purpose, filename, body) VALUES (?, 0, '', ?, '{}')",
            (name, name),
        )
        store_files.put(conn, VectorStoreFile(id=name, vector_store_id=store, status=IN_PROGRESS), "me")
        [seq] = conn.execute("SELECT max(seq) FROM store_files").fetchone()
        chunks = list(split(text, 800, 400)) if isinstance(text, str) else text
        whole = "".join(chunk.text[chunk.overlap :] for chunk in chunks)
        assert store_files.add_chunks(conn, seq, 0, list(with_context(chunks, whole, name)))
        store_files.finish(conn, seq)


def found(conn: sqlite3.Connection, *queries: str, limit: int = 10, store: str = "vs_1") -> list[Passage]:
    return passages.search(conn, [store], queries, limit)


def names(conn: sqlite3.Connection, *queries: str, limit: int = 10) -> list[str]:
    return [passage.filename for passage in found(conn, *queries, limit=limit)]


ANIMALS = {
    "heron.txt": "The grey heron is a long-legged bird that hunts fish in shallow water.",
    "fox.txt": "The red fox hunts mice and rabbits, mostly at night.",
    "how.txt": "What is the use of this? How do you do that? Which of these is it, and what are they for?",
}


def test_a_whole_question_finds_its_passage() -> None:
    conn = library(ANIMALS)
    assert names(conn, "Which animal is it that hunts for rabbits at night?")[0] == "fox.txt"
    assert names(conn, "What are the birds which hunt fish?")[0] == "heron.txt"
    assert names(conn, "volcano") == []


@pytest.mark.parametrize(
    "query", ["", "   ", '"* OR NEAR( :', "scope : s1", "s1", "\0", "a" * 5_000, "？！", "¿"]
)
def test_nothing_in_a_query_is_syntax(query: str) -> None:
    assert found(library({"a.txt": "about ships"}), query) == []


def test_a_query_of_nothing_but_common_words_still_finds_them() -> None:
    assert names(library({"a.txt": "To be or not to be."}), "to be or not to be") == ["a.txt"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("東京タワーの高さは333メートルです。", "東京タワーの高さ"),
        ("東京タワーの高さは333メートルです。", "高さは何メートル"),
        ("全文検索は便利です。", "検索"),
        ("全文検索は便利です。", "文"),
        ("北京是中国的首都。", "中国的首都是哪里？"),
        ("서울은 대한민국의 수도이다.", "서울"),
        ("서울은 대한민국의 수도이다.", "대한민국의 수도는 어디입니까?"),
        ("Python入門のための本", "Python"),
        ("ﾌﾞｯｸ", "ブック"),
        ("भारत की राजधानी दिल्ली है", "राजधानी"),
        ("Der Vertrag wurde gekündigt.", "gekundigt"),
        ("call client.getVectorStore() first", "how to get a vector store"),
        ("set max_prompt_tokens=300", "max_prompt_tokens"),
        ("import os.path", "os.path"),
        ("Kündigungsfristen im Mietvertrag", "Kündigungsfrist"),
    ],
)
def test_words_are_found_in_any_script(text: str, query: str) -> None:
    conn = library({"right.txt": text, "wrong.txt": "Something quite different. 猫と犬。 고양이. मेज"})
    assert names(conn, query)[0] == "right.txt"


def test_characters_that_are_not_neighbours_are_no_word() -> None:
    assert names(library({"a.txt": "検定と索引"}), "検索") == []


def test_a_name_is_found_before_its_parts() -> None:
    conn = library(
        {
            "parts.txt": "The max of all. A prompt has tokens. Tokens and prompt, max. Tokens, max, prompt.",
            "name.txt": "It counts what was read; the limit is max_prompt_tokens, as everybody knows by now.",
        }
    )
    assert names(conn, "max_prompt_tokens")[0] == "name.txt"
    assert words_of("max_prompt_tokens")[0].expression == '"max prompt tokens"'


def test_a_passage_is_found_by_its_context_which_is_not_quoted() -> None:
    chunks = [Chunk("# Heron\n\nIt hunts fish.\n\n## Nest\n\n", 0), Chunk("It is built of sticks.", 0)]
    conn = library({"birds.md": chunks, "fox.txt": "Its den has a nest of leaves, sticks and grass."})
    best = found(conn, "heron nest sticks")[0]
    assert best.filename == "birds.md"
    [alone] = found(library({"birds.md": chunks[1:]}), "birds")
    assert alone.text == "It is built of sticks."


def test_words_that_are_near_each_other_count_more() -> None:
    far = "The red ball. " + "Other words are said here. " * 40 + "A fast car."
    near = "The red car. " + "Other words are said here. " * 40 + "A fast ball."
    assert names(library({"far.txt": far, "near.txt": near}), "red car")[0] == "near.txt"


def test_what_several_queries_find_comes_first() -> None:
    conn = library(
        {
            "one.txt": "heron heron heron",
            "two.txt": "fish fish fish",
            "both.txt": "The heron eats, among much else that is not told here, fish.",
        }
    )
    best = found(conn, "heron", "fish")
    assert best[0].filename == "both.txt"
    assert [passage.score for passage in best] == sorted((passage.score for passage in best), reverse=True)


def test_neighbours_are_one_passage_and_quoted_once() -> None:
    text = "\n".join(f"Line {n} about a heron." for n in range(150))
    chunks = list(split(text, 800, 400))
    assert len(chunks) in (2, 3)
    [passage] = found(library({"a.txt": chunks}), "heron")
    assert passage.text == text


def test_places_of_neighbours_are_joined() -> None:
    chunks = [Chunk("about a heron\n", 0, "Birds › pages 3–4"), Chunk("and a heron", 0, "Birds › page 5")]
    [passage] = found(library({"a.txt": chunks}), "heron")
    assert passage.where == "Birds › pages 3–5"


def test_one_file_does_not_take_all_places() -> None:
    far_apart = [Chunk(f"heron heron {n}" if n % 2 else "a gap", 0) for n in range(40)]
    conn = library(
        {"long.txt": far_apart, **{f"{n}.txt": "one heron among many other birds" for n in range(4)}}
    )
    best = names(conn, "heron", limit=7)
    assert best.count("long.txt") == 3
    # alone, it has all of them
    assert len(found(library({"long.txt": far_apart}), "heron", limit=7)) == 7


def test_a_store_sees_only_its_files() -> None:
    conn = library({"a.txt": "about herons"})
    add(conn, {"b.txt": "about herons, too", "a.txt": "about herons"}, "vs_2")
    assert names(conn, "herons") == ["a.txt"]
    assert sorted(one.filename for one in passages.search(conn, ["vs_1", "vs_2"], ["herons"], 9)) == [
        "a.txt",
        "b.txt",
    ]
    assert passages.search(conn, [], ["herons"], 9) == []
    assert passages.search(conn, ["vs_9"], ["herons"], 9) == []


def test_deleted_chunks_are_forgotten() -> None:
    conn = library({"a.txt": "about herons 全文検索"})
    conn.execute("DELETE FROM chunks")
    assert found(conn, "herons") == []
    conn.execute("INSERT INTO chunk_words (chunk_words, rank) VALUES ('integrity-check', 1)")


def test_of_equal_passages_the_one_comes_first_that_the_index_ranks_first() -> None:
    words = words_of("grey heron")
    chunks = [Candidate(seq, seq, 0, 0, "The grey heron.", "") for seq in (7, 3, 5)]
    scored = scores(chunks, words, dict.fromkeys(words, 1.0))
    assert sorted(scored, key=lambda seq: -scored[seq]) == [7, 3, 5]
    assert 0 < min(scored.values()) < max(scored.values()) <= 1
