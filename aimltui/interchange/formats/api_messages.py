"""Messages and run steps as the Assistants API has them, of both its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from aimltui.interchange.conversations import MessageList, split_thinking
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.records import (
    Annotation,
    Attachment,
    JSONValue,
    Message,
    Part,
    Text,
    Thought,
    ToolCall,
)

Object = Mapping[str, JSONValue]
FindFile = Callable[[str], Attachment]
"""The file of an id, with its name and bytes if these are known."""


def messages_of(
    said: Sequence[Object], steps: Sequence[Object], find: FindFile, *, has_marks: bool = False
) -> tuple[Message, ...]:
    """The messages of a thread, with what runs did before them.

    Args:
        said: The messages, the oldest first.
        steps: All run steps of the thread, the oldest first.
        find: Finds files.
        has_marks: True if thoughts stand in the text, between `<think>` marks.
    """
    messages, work = MessageList(), _Work(steps, find)
    last_of_run = {identifier(message.get("run_id")): number for number, message in enumerate(said)}
    for number, message in enumerate(said):
        is_user = message.get("role") != "assistant"
        run = identifier(message.get("run_id"))
        done = [] if is_user else work.before(message, is_last=last_of_run.get(run) == number)
        parts = list(_parts(message, find))
        if has_marks and not is_user:
            parts = [
                made
                for part in parts
                for made in (
                    split_thinking(part.value) if isinstance(part, Text) and not part.annotations else [part]
                )
            ]
        messages.add(
            "user" if is_user else "assistant",
            [*done, *parts],
            seconds(message.get("created_at")),
            model=name(mapping(message.get("metadata")).get("model")) if not is_user else None,
            is_unfinished=message.get("status") in ("incomplete", "in_progress"),
            source_id=identifier(message.get("id")),
        )
    for run in work.runs():
        messages.add("assistant", work.rest(run))
    return messages.finished()


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

    def __init__(self, steps: Iterable[Object], find: FindFile) -> None:
        self._find = find
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

    def runs(self) -> list[str | None]:
        """Runs of which something is left."""
        return [run for run, steps in self._steps.items() if steps]

    def rest(self, run: str | None) -> list[Part]:
        """What is left of a run."""
        return [part for step in self._steps.pop(run, []) for part in self._parts(step)]

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
            return ToolCall("tool", name(told.get("name")), text(told.get("arguments")), output, source_id)
        found = "\n".join(
            text(result.get("file_name")) for result in mappings(mapping(call.get(kind)).get("results"))
        )
        return ToolCall("tool", kind or None, None, found or None, source_id)


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
