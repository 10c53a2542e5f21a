"""Messages and run steps as the Assistants API has them, of both its versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from aimltui.interchange.conversations import MessageList, split_thinking
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.records import (
    CANVAS,
    Annotation,
    Attachment,
    JSONValue,
    Message,
    Part,
    Seconds,
    Text,
    Thought,
    ToolCall,
)

Object = Mapping[str, JSONValue]
FindFile = Callable[[str], Attachment]
"""The file of an id, with its name and bytes if these are known."""


def messages_of(
    said: Sequence[Object],
    steps: Sequence[Object],
    find: FindFile,
    runs: Sequence[Object] = (),
    *,
    has_marks: bool = False,
) -> tuple[Message, ...]:
    """The messages of a thread, with what runs did before them.

    Args:
        said: The messages, the oldest first.
        steps: All run steps of the thread, the oldest first.
        find: Finds files.
        runs: What is known of runs, the oldest first: their models, and how they failed.
        has_marks: True if thoughts stand in the text, between `<think>` marks.
    """
    messages, work = MessageList(), _Work(steps, find, runs)
    last_of_run = {identifier(message.get("run_id")): number for number, message in enumerate(said)}
    for number, message in enumerate(said):
        is_user = message.get("role") != "assistant"
        run = identifier(message.get("run_id"))
        for silent in work.silent_before(message, last_of_run) if is_user else ():
            _end_run(messages, work, silent)
        done = [] if is_user else work.before(message, is_last=last_of_run.get(run) == number)
        parts = list(_parts(message, find))
        messages.add(
            "user" if is_user else "assistant",
            [*done, *(_without_marks(parts) if has_marks and not is_user else parts)],
            seconds(message.get("created_at")),
            model=None if is_user else work.model_of(message),
            is_unfinished=message.get("status") in ("incomplete", "in_progress"),
            source_id=identifier(message.get("id")),
        )
        if run is not None and last_of_run.get(run) == number:
            _end_run(messages, work, run)
    for run in work.runs():
        _end_run(messages, work, run)
    return messages.finished()


def _end_run(messages: MessageList, work: _Work, run: str | None) -> None:
    """What a run did after its last message, and how it failed."""
    error, at, model = work.failure_of(run)
    messages.add("assistant", work.rest(run), at, model=model)
    if error:
        messages.add("assistant", [Text(error)], at, model=model, is_error=True)


def _without_marks(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Text) and not part.annotations:
            yield from split_thinking(part.value)
        else:
            yield part


def oldest_first(rows: Iterable[Object]) -> list[Object]:
    """API objects in the order in which they were made; lists of the API begin with the newest."""
    listed = list(rows)
    times = [seconds(row.get("created_at")) or 0.0 for row in listed]
    falls = sum(later < earlier for earlier, later in pairwise(times))
    rises = sum(later > earlier for earlier, later in pairwise(times))
    if falls > rises or (falls == rises == 0 and _is_newest_first(listed)):
        listed.reverse()
    return sorted(listed, key=lambda row: seconds(row.get("created_at")) or 0.0)


def _is_newest_first(rows: Sequence[Object]) -> bool:
    """For objects of one second: an answer does not come before the question."""
    roles = [row.get("role") for row in rows]
    return len(roles) > 1 and roles[0] == "assistant" and roles[-1] == "user"


class _Work:
    """Run steps that were not yet put in front of a message."""

    def __init__(self, steps: Iterable[Object], find: FindFile, runs: Iterable[Object]) -> None:
        self._find = find
        self._runs = {identifier(run.get("id")): run for run in runs}
        self._ended: set[str | None] = set()
        self._steps: dict[str | None, list[Object]] = {}
        for step in steps:
            self._steps.setdefault(identifier(step.get("run_id")), []).append(step)

    def before(self, message: Object, *, is_last: bool) -> list[Part]:
        """What the message's run did before it; all that is left, for the run's last message."""
        run, message_id = identifier(message.get("run_id")), identifier(message.get("id"))
        waiting = self._steps.get(run, [])
        made = [_message_of(step) for step in waiting]
        if message_id in made:
            count = made.index(message_id) + 1
        else:
            at = seconds(message.get("created_at")) or 0.0
            count = sum((seconds(step.get("created_at")) or 0.0) <= at for step in waiting)
        if is_last:
            count = len(waiting)
        taken, self._steps[run] = waiting[:count], waiting[count:]
        return [part for step in taken for part in self._parts(step)]

    def silent_before(self, message: Object, heard: Container[str | None]) -> list[str | None]:
        """The runs without a message that were over before this one was said."""
        at = seconds(message.get("created_at")) or 0.0
        return [
            run
            for run in self.runs()
            if run not in heard and (seconds(self._runs.get(run, {}).get("created_at")) or 0.0) < at
        ]

    def runs(self) -> list[str | None]:
        """Runs of which something is left to be told."""
        failed = (run for run, row in self._runs.items() if row.get("status") == "failed")
        left = (run for run, steps in self._steps.items() if steps)
        return [run for run in dict.fromkeys([*failed, *left]) if run not in self._ended]

    def rest(self, run: str | None) -> list[Part]:
        """What is left of a run."""
        self._ended.add(run)
        return [part for step in self._steps.pop(run, []) for part in self._parts(step)]

    def model_of(self, message: Object) -> str | None:
        """The model that wrote a message."""
        run = self._runs.get(identifier(message.get("run_id")), {})
        return name(run.get("model")) or name(mapping(message.get("metadata")).get("model"))

    def failure_of(self, run: str | None) -> tuple[str, Seconds | None, str | None]:
        """Why a run failed (empty if it did not), when it did, and its model."""
        row = self._runs.get(run, {})
        error = text(mapping(row.get("last_error")).get("message")) if row.get("status") == "failed" else ""
        return error, seconds(row.get("failed_at")) or seconds(row.get("created_at")), name(row.get("model"))

    def _parts(self, step: Object) -> Iterator[Part]:
        yield Thought(text(step.get("reasoning")))
        for call in mappings(mapping(step.get("step_details")).get("tool_calls")):
            yield self._call(call)

    def _call(self, call: Object) -> ToolCall:
        kind, source_id = text(call.get("type")), identifier(call.get("id"))
        if kind in ("code_interpreter", "code"):
            told = mapping(call.get("code_interpreter"))
            outputs = list(mappings(told.get("outputs")))
            logs = "\n".join(text(output.get("logs")) for output in outputs if output.get("type") == "logs")
            pictures = [identifier(mapping(output.get("image")).get("file_id")) for output in outputs]
            files = tuple(self._find(file_id) for file_id in pictures if file_id is not None)
            return ToolCall("code", None, text(told.get("input")), logs or None, source_id, files)
        if kind == "function":
            told = mapping(call.get("function"))
            output = text(told.get("output")) or None
            if told.get("name") == CANVAS and (title := _canvas_title(told)) is not None:
                return ToolCall("canvas", title or None, None, output, source_id)
            return ToolCall("tool", name(told.get("name")), text(told.get("arguments")), output, source_id)
        found = "\n".join(
            text(result.get("file_name")) for result in mappings(mapping(call.get(kind)).get("results"))
        )
        return ToolCall("tool", kind or None, None, found or None, source_id)


def _canvas_title(told: Object) -> str | None:
    """The title of a document beside the talk, if the call is one that this program wrote down."""
    try:
        given = json.loads(text(told.get("arguments")))
    except (ValueError, RecursionError):
        return None
    return text(given["title"]) if isinstance(given, dict) and given.keys() == {"title"} else None


def _message_of(step: Object) -> str | None:
    return identifier(mapping(mapping(step.get("step_details")).get("message_creation")).get("message_id"))


def _parts(message: Object, find: FindFile) -> Iterator[Part]:
    content = message.get("content")
    if isinstance(content, str):
        yield Text(text(content))
    linked = list[str]()
    for block in mappings(content):
        kind, told = text(block.get("type")), block.get(text(block.get("type")))
        if kind == "text":
            yield _text(told, linked)
        elif kind == "refusal":
            yield Text(text(told))
        elif kind == "image_url":
            yield picture(text(mapping(told).get("url")))
        elif kind == "image_file" and (file_id := identifier(mapping(told).get("file_id"))) is not None:
            yield find(file_id)
    attached = [identifier(item.get("file_id")) for item in mappings(message.get("attachments"))]
    attached += [identifier(item) for item in items(message.get("file_ids"))]
    for file_id in dict.fromkeys([*attached, *linked]):
        if file_id is not None:
            yield find(file_id)


def _text(told: JSONValue, linked: list[str]) -> Text:
    if isinstance(told, str):
        return Text(text(told))
    annotations = tuple(_annotations(mapping(told)))
    linked += [annotation.file_id for annotation in annotations if annotation.kind == "file_path"]
    return Text(text(mapping(told).get("value")), annotations)


def _annotations(told: Object) -> Iterator[Annotation]:
    for found in mappings(told.get("annotations")):
        for kind in ("file_citation", "file_path"):
            file_id = identifier(mapping(found.get(kind)).get("file_id"))
            start, end = found.get("start_index"), found.get("end_index")
            if file_id is not None:
                yield Annotation(
                    "file_path" if kind == "file_path" else "file_citation",
                    text(found.get("text")),
                    start if isinstance(start, int) else 0,
                    end if isinstance(end, int) else 0,
                    file_id,
                )
