from __future__ import annotations

import json
import time

import pytest

from aimltui.engine.tools.code_interpreter.arguments import CodeReader, without_fence

CODES = ["", "print(1)", 'a = "x\\n"\n\tb', "ä😀\u2028", "C:\\new", "'''\"\"\"'''", "x" * 1000]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("code", CODES)
def test_code_is_read_however_its_arguments_are_cut(code: str, ascii_only: bool, size: int) -> None:
    arguments = json.dumps({"note": 'a "code": b', "code": code, "more": 1}, ensure_ascii=ascii_only)
    reader = CodeReader()
    read = "".join(reader.feed(arguments[at : at + size]) for at in range(0, len(arguments), size))
    rest, problem = reader.finish()
    assert problem is None
    assert read + rest == code


def test_code_comes_as_soon_as_it_is_there() -> None:
    reader = CodeReader()
    assert reader.feed('{"code": "pri') == "pri"
    assert reader.feed("nt(1)\\") == "nt(1)"
    assert reader.feed("n") == "\n"


@pytest.mark.parametrize("arguments", ['{"code": "x', '{"code": "x\\', "", "[]", '{"code": 5}', "{"])
def test_what_is_cut_or_no_code_is_refused(arguments: str) -> None:
    reader = CodeReader()
    reader.feed(arguments)
    assert reader.finish()[1] is not None


def test_an_escape_that_json_does_not_have_is_pythons() -> None:
    reader = CodeReader()
    assert reader.feed(r'{"code": "re.findall(r\"\d+\", s)"}') == r're.findall(r"\d+", s)'


def test_a_fence_around_code_is_taken_off() -> None:
    assert without_fence("```python\nx\ny\n```") == "x\ny"
    assert without_fence("x = '```'") == "x = '```'"


def test_thousands_of_blanks_around_code_cost_no_time() -> None:
    began = time.process_time()
    reader = CodeReader()
    pieces = ['{"code"', *[" "] * 20_000, ': "1 + 1"}']
    assert "".join(map(reader.feed, pieces)) == "1 + 1"
    code = "x" + " " * 50_000 + "y"
    assert without_fence(f"```\n{code}\n```") == code
    assert time.process_time() - began < 2.0


@pytest.mark.timeout(60)
def test_long_code_under_a_strange_key_is_read_in_little_time() -> None:
    """It used to take a minute for 10 kB, which stopped the whole screen."""
    code = 'print("hi")\n' * 20_000
    arguments = json.dumps({"cell": code})
    reader = CodeReader()
    assert "".join(reader.feed(arguments[at : at + 8]) for at in range(0, len(arguments), 8)) == ""
    assert reader.finish() == (code, None)


def test_a_key_may_come_in_pieces_after_others() -> None:
    arguments = '{"note": "use \\\\"code\\\\": x", "a": "", "code"\n:\t"1 + 1"}'.replace("\\\\", "\\")
    for size in range(1, len(arguments)):
        reader = CodeReader()
        pieces = [reader.feed(arguments[at : at + size]) for at in range(0, len(arguments), size)]
        assert "".join(pieces) == "1 + 1"
