"""What models have been seen to send, and worse: first turns that no run may be wedged by.

Each is a reply of `/chat/completions`; the turns after it are a plain "fine".
"""

from __future__ import annotations

from typing import Any

from tests.support.scenes import DONE, JSON, Reply, Scene, as_json, delta, event, stream, streamed_text, usage

FINE = streamed_text(["fine"])


def call(
    index: JSON = 0, id: JSON = "call_a", name: JSON = "weather", arguments: JSON = "{}", **more: JSON
) -> JSON:
    """A call in one piece."""
    return {
        "index": index,
        "id": id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


def called(*calls: JSON, finish: str | None = "tool_calls", text: str | None = None) -> Reply:
    """A turn that calls."""
    return stream(delta(text, tool_calls=list(calls)), delta(finish=finish), usage())


def chunk(**fields: JSON) -> JSON:
    """A chunk with anything in it."""
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", **fields}


def choice(**fields: JSON) -> JSON:
    return chunk(choices=[{"index": 0, "finish_reason": None, **fields}])


STOP = delta(finish="stop")

FIRST_TURNS: dict[str, Reply] = {
    "malformed arguments": called(call(arguments='{"city": "Oslo')),
    "arguments that are no object": called(call(arguments="[1, 2]")),
    "arguments that are not text": called(call(arguments={"city": "Oslo"})),
    "arguments that are null": called(call(arguments=None)),
    "arguments in bits": stream(
        delta(tool_calls=[call(arguments="")]),
        *(delta(tool_calls=[{"index": 0, "function": {"arguments": c}}]) for c in '{"a": "é\\n"}'),
        delta(finish="tool_calls"),
    ),
    "unknown tool": called(call(name="launch_rockets")),
    "tool without a name": called(call(name=None)),
    "tool with an empty name": called(call(name="")),
    "tool with an impossible name": called(call(name="a b\x1b[31m/../" + "x" * 500)),
    "call without an id": called(call(id=None)),
    "call with an empty id": called(call(id="")),
    "calls with the same id": called(call(0), call(1, name="time")),
    "calls with the same index": called(call(0, id="call_a"), call(0, id="call_b", name="time")),
    "call without an index": called({"id": "call_a", "type": "function", "function": {"name": "time"}}),
    "call with a silly index": called(call(-5), call("seven", id="call_b"), call(10**12, id="call_c")),
    "call without a function": called({"index": 0, "id": "call_a", "type": "function"}),
    "call that is null": called(None),
    "calls that are an object": stream(delta(tool_calls=call()), delta(finish="tool_calls")),
    "calls that say stop": called(call(), finish="stop"),
    "calls without a finish": called(call(), finish=None),
    "calls cut by length": called(call(arguments='{"ci'), finish="length"),
    "the call of old": stream(
        delta(function_call={"name": "weather", "arguments": "{}"}), delta(finish="function_call")
    ),
    "two hundred calls": called(*(call(n, id=f"call_{n}", name="time") for n in range(200))),
    "two hundred calls in turns": stream(
        *(delta(tool_calls=[call(n, id=f"call_{n}", arguments="")]) for n in range(200)),
        *(delta(tool_calls=[{"index": n, "function": {"arguments": "{}"}}]) for n in reversed(range(200))),
        delta(finish="tool_calls"),
        usage(),
    ),
    "text and calls together": called(call(), text="I will look."),
    "text after calls": stream(
        delta(tool_calls=[call()]), delta("And now?"), delta(finish="tool_calls"), usage()
    ),
    "calls that are announced and do not come": stream(delta("Well"), delta(finish="tool_calls"), usage()),
    "an empty answer": stream(delta(""), STOP, usage()),
    "an answer of blanks": stream(delta(" \n "), STOP, usage()),
    "nothing but the end": stream(),
    "nothing at all": Reply(headers={"Content-Type": "text/event-stream"}),
    "an empty body": as_json({}),
    "a body that is no object": as_json([1, 2]),
    "a body without choices": as_json({"id": "c", "object": "chat.completion", "choices": []}),
    "a message that is null": as_json({"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]}),
    "no usage": stream(delta("Hello"), STOP),
    "no finish reason": stream(delta("Hello"), usage()),
    "no finish reason and no end": stream(delta("Hello"), done=False),
    "a finish reason of its own": stream(delta("Hello"), delta(finish="because"), usage()),
    "two finish reasons": stream(delta("Hello"), STOP, delta(" again"), STOP, usage()),
    "content filter": stream(delta("Hel"), delta(finish="content_filter"), usage()),
    "usage that is nonsense": stream(
        delta("Hello"), STOP, chunk(choices=[], usage={"prompt_tokens": "many", "completion_tokens": -3})
    ),
    "usage that is a list": stream(delta("Hello"), STOP, chunk(choices=[], usage=[1])),
    "usage again and again": stream(delta("Hello"), usage(), delta(" you"), usage(), STOP, usage()),
    "choices that are null": stream(chunk(choices=None), delta("Hello"), STOP, usage()),
    "a delta that is null": stream(choice(delta=None), delta("Hello"), STOP, usage()),
    "no delta": stream(choice(), delta("Hello"), STOP, usage()),
    "text that is a number": stream(choice(delta={"content": 42}), STOP, usage()),
    "text that is parts": stream(choice(delta={"content": [{"type": "text", "text": "Hi"}]}), STOP, usage()),
    "another choice": stream(chunk(choices=[{"index": 5, "delta": {"content": "?"}}]), delta("Hi"), STOP),
    "a role from elsewhere": stream(delta("Hello", role="tool"), STOP, usage()),
    "half a character": stream(
        b'data: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}\n\n', STOP, usage()
    ),
    "control characters": stream(delta("\x00\x1b]0;title\x07\x9b31m"), STOP, usage()),
    "broken UTF-8": stream(
        b'data: {"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n', STOP, usage()
    ),
    "a megabyte at once": stream(delta("x" * 1_000_000), STOP, usage()),
    "events that are no objects": stream(
        event(b"5"), event(b"null"), event(b"[]"), event(b'"x"'), delta("Hi"), STOP
    ),
    "an event that is no JSON": stream(delta("Hello"), b"data: {nonsense\n\n", STOP),
    "lines of all kinds": stream(
        b": comment\n\n\n\n", b"id: 7\nretry: 10\nevent: chunk\n", delta("Hello"), b"nonsense\n\n", STOP, usage()
    ),
    "words after the end": stream(delta("Hello"), STOP, DONE, delta("more"), b"\x00\xff"),
    "an error after some words": stream(delta("Oh"), {"error": {"message": "upstream died", "code": 502}}),
    "an error that is text": stream(delta("Oh"), {"error": "upstream died"}),
    "a cut in the middle": stream(delta("Half"), b'data: {"choices":[{"del', done=False, then="cut"),
    "garbage": Reply(raw=b"\x00\xff\x00 SSH-2.0-nothing\r\n\r\n"),
    "an answer and no stream": as_json(
        {"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [call()]}}]}
    ),
}  # fmt: skip


def scene(name: str) -> Scene:
    """A first turn by name, and then all is fine."""
    return Scene((FIRST_TURNS[name], FINE))


def names() -> list[Any]:
    return list(FIRST_TURNS)
