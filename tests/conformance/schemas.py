"""What every body has to look like: the field tables of the API's description, as checks.

A field is there, even if it is null, unless it is `Maybe`. Fields beyond the tables are allowed only where they
are listed: those that the real service sends too, and this engine's own extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aimltui.wire import events
from aimltui.wire.base import Wire
from aimltui.wire.events import StreamEvent

Check = Callable[[Any, str], list[str]]
"""Takes a value and where it stands, gives complaints."""


@dataclass(frozen=True)
class Maybe:
    """A field that may be missing."""

    check: Check


def a(*kinds: type) -> Check:
    """One of these types; a boolean is no number."""

    def check(value: Any, where: str) -> list[str]:
        if isinstance(value, bool) and bool not in kinds:
            return [f"{where}: a boolean"]
        return [] if isinstance(value, kinds) else [f"{where}: {type(value).__name__}"]

    return check


TEXT, INT, NUMBER, BOOL, OBJECT = a(str), a(int), a(int, float), a(bool), a(dict)


def one_of(*values: Any) -> Check:
    return lambda value, where: [] if value in values else [f"{where}: {value!r} is not one of {values}"]


def begins(prefix: str) -> Check:
    def check(value: Any, where: str) -> list[str]:
        fine = isinstance(value, str) and value.startswith(prefix) and len(value) > len(prefix)
        return [] if fine else [f"{where}: {value!r} does not begin with {prefix}"]

    return check


def time(value: Any, where: str) -> list[str]:
    return INT(value, where) or ([] if 10**9 < value < 10**10 else [f"{where}: {value} is not in seconds"])


def null_or(check: Check) -> Check:
    return lambda value, where: [] if value is None else check(value, where)


def items(check: Check, at_most: int = 10**9) -> Check:
    def run(value: Any, where: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        if len(value) > at_most:
            return [f"{where}: {len(value)} items"]
        return [told for n, item in enumerate(value) for told in check(item, f"{where}[{n}]")]

    return run


def obj(fields: Mapping[str, Check | Maybe], extra: tuple[str, ...] = ()) -> Check:
    def run(value: Any, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: not an object"]
        told = [
            f"{where}.{name}: should not be there"
            for name in value
            if name not in fields and name not in extra
        ]
        for name, field in fields.items():
            check = field.check if isinstance(field, Maybe) else field
            if name in value:
                told += check(value[name], f"{where}.{name}")
            elif not isinstance(field, Maybe):
                told.append(f"{where}.{name}: missing")
        return told

    return run


def by(tag: str, kinds: Mapping[str, Check]) -> Check:
    def run(value: Any, where: str) -> list[str]:
        kind = value.get(tag) if isinstance(value, dict) else None
        return kinds[kind](value, where) if kind in kinds else [f"{where}: unknown {tag} {kind!r}"]

    return run


def metadata(value: Any, where: str) -> list[str]:
    # those of the program do not take the place of a client's 16
    own = sum(k.startswith("aimltui") for k in value) if isinstance(value, dict) else 0
    if not isinstance(value, dict) or own > 16 or len(value) - own > 16:
        return [f"{where}: {value!r}"]
    return [where for k, v in value.items() if not isinstance(v, str) or len(k) > 64 or len(v) > 512]


RANKING = obj({"ranker": one_of("auto", "default_2024_08_21"), "score_threshold": NUMBER})
TOOL = by(
    "type",
    {
        "code_interpreter": obj({"type": TEXT}),
        "file_search": obj(
            {
                "type": TEXT,
                "file_search": Maybe(obj({"max_num_results": Maybe(INT), "ranking_options": Maybe(RANKING)})),
            }
        ),
        "function": obj(
            {
                "type": TEXT,
                "function": obj(
                    {
                        "name": TEXT,
                        "description": Maybe(TEXT),
                        "parameters": Maybe(OBJECT),
                        "strict": Maybe(null_or(BOOL)),
                    }
                ),
            }
        ),
    },
)
TOOLS = items(TOOL, 128)
RESOURCES = null_or(
    obj(
        {
            "code_interpreter": Maybe(obj({"file_ids": items(begins("file-"), 20)})),
            "file_search": Maybe(obj({"vector_store_ids": items(begins("vs_"), 1)})),
        }
    )
)
FORMAT_OBJECT = by(
    "type",
    {
        "text": obj({"type": TEXT}),
        "json_object": obj({"type": TEXT}),
        "json_schema": obj({"type": TEXT, "json_schema": OBJECT}),
    },
)


def response_format(value: Any, where: str) -> list[str]:
    return [] if value in ("auto", None) else FORMAT_OBJECT(value, where)


NAMED_CHOICE = obj(
    {"type": one_of("function", "code_interpreter", "file_search"), "function": Maybe(obj({"name": TEXT}))}
)


def tool_choice(value: Any, where: str) -> list[str]:
    return [] if value in ("none", "auto", "required", None) else NAMED_CHOICE(value, where)


EFFORT = null_or(one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"))

ASSISTANT = obj(
    {
        "id": begins("asst_"),
        "object": one_of("assistant"),
        "created_at": time,
        "name": null_or(TEXT),
        "description": null_or(TEXT),
        "model": TEXT,
        "instructions": null_or(TEXT),
        "tools": TOOLS,
        "tool_resources": RESOURCES,
        "metadata": metadata,
        "temperature": null_or(NUMBER),
        "top_p": null_or(NUMBER),
        "response_format": response_format,
    },
    extra=("reasoning_effort",),
)
THREAD_FIELDS: dict[str, Check | Maybe] = {
    "id": begins("thread_"),
    "object": one_of("thread"),
    "created_at": time,
    "tool_resources": RESOURCES,
    "metadata": metadata,
}
THREAD = obj(THREAD_FIELDS)
THREAD_SUMMARY = obj(
    {
        **THREAD_FIELDS,
        "last_active_at": Maybe(time),
        "preview": Maybe(TEXT),
        "latest_run": Maybe(obj({"id": begins("run_"), "status": TEXT})),
    }
)

CITATION = {"text": TEXT, "start_index": INT, "end_index": INT, "type": TEXT}
ANNOTATION = by(
    "type",
    {
        "file_citation": obj(
            {**CITATION, "file_citation": obj({"file_id": TEXT, "quote": Maybe(TEXT)}, extra=("place",))}
        ),
        "file_path": obj({**CITATION, "file_path": obj({"file_id": TEXT})}),
    },
)
DETAIL = Maybe(one_of("auto", "low", "high"))
IMAGE_FILE = obj({"file_id": TEXT, "detail": DETAIL})
IMAGE_URL = obj({"url": TEXT, "detail": DETAIL})
CONTENT = by(
    "type",
    {
        "text": obj({"type": TEXT, "text": obj({"value": TEXT, "annotations": items(ANNOTATION)})}),
        "image_file": obj({"type": TEXT, "image_file": IMAGE_FILE}),
        "image_url": obj({"type": TEXT, "image_url": IMAGE_URL}),
        "refusal": obj({"type": TEXT, "refusal": TEXT}),
    },
)
ATTACHMENT = obj(
    {
        "file_id": Maybe(TEXT),
        "tools": Maybe(items(obj({"type": one_of("code_interpreter", "file_search")}))),
    }
)
MESSAGE = obj(
    {
        "id": begins("msg_"),
        "object": one_of("thread.message"),
        "created_at": time,
        "thread_id": begins("thread_"),
        "status": one_of("in_progress", "incomplete", "completed"),
        "incomplete_details": null_or(
            obj(
                {
                    "reason": one_of(
                        "content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"
                    )
                }
            )
        ),
        "completed_at": null_or(time),
        "incomplete_at": null_or(time),
        "role": one_of("user", "assistant"),
        "content": items(CONTENT),
        "assistant_id": null_or(begins("asst_")),
        "run_id": null_or(begins("run_")),
        "attachments": null_or(items(ATTACHMENT)),
        "metadata": metadata,
    }
)

USAGE = obj(
    {
        "completion_tokens": INT,
        "prompt_tokens": INT,
        "total_tokens": INT,
        "prompt_token_details": obj({"cached_tokens": INT}),
    },
    extra=(
        "completion_tokens_details",
        "cost_usd",
        "cost_is_computed",
        "cost_is_partial",
        "tokens_are_partial",
        "context_tokens",
        "context_length",
    ),
)
RUN_ERROR = obj(
    {"code": one_of("server_error", "rate_limit_exceeded", "invalid_prompt"), "message": TEXT},
    extra=("remedy", "request_id", "status", "kind"),
)
REQUIRED_CALL = obj(
    {"id": TEXT, "type": one_of("function"), "function": obj({"name": TEXT, "arguments": TEXT})}
)
RUN = obj(
    {
        "id": begins("run_"),
        "object": one_of("thread.run"),
        "created_at": time,
        "thread_id": begins("thread_"),
        "assistant_id": begins("asst_"),
        "status": one_of(
            "queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed",
            "incomplete", "expired",
        ),
        "required_action": null_or(
            obj(
                {
                    "type": one_of("submit_tool_outputs"),
                    "submit_tool_outputs": obj({"tool_calls": items(REQUIRED_CALL)}),
                }
            )
        ),
        "last_error": null_or(RUN_ERROR),
        "expires_at": null_or(time),
        "started_at": null_or(time),
        "cancelled_at": null_or(time),
        "failed_at": null_or(time),
        "completed_at": null_or(time),
        "incomplete_details": null_or(
            obj({"reason": Maybe(null_or(one_of("max_completion_tokens", "max_prompt_tokens")))})
        ),
        "model": TEXT,
        "instructions": TEXT,
        "tools": TOOLS,
        "metadata": metadata,
        "usage": null_or(USAGE),
        "temperature": null_or(NUMBER),
        "top_p": null_or(NUMBER),
        "max_prompt_tokens": null_or(INT),
        "max_completion_tokens": null_or(INT),
        "truncation_strategy": null_or(
            obj({"type": one_of("auto", "last_messages"), "last_messages": Maybe(null_or(INT))}, extra=("shorten",))
        ),
        "tool_choice": tool_choice,
        "parallel_tool_calls": BOOL,
        "response_format": response_format,
    },
    extra=(
        "tool_resources", "reasoning_effort", "duration_ms", "connection", "tools_off",
        "assistant_name", "assistant_version", "web_sources", "left_out", "shortened",
    ),
)  # fmt: skip

LOGS = {"type": TEXT, "logs": TEXT}
IMAGE = {"type": TEXT, "image": obj({"file_id": TEXT})}
SEARCH_RESULT = obj(
    {
        "file_id": TEXT,
        "file_name": TEXT,
        "score": NUMBER,
        "content": Maybe(items(obj({"type": Maybe(one_of("text")), "text": Maybe(TEXT)}))),
    },
    extra=("place", "places"),
)
TOOL_CALL = by(
    "type",
    {
        "code_interpreter": obj(
            {
                "id": TEXT,
                "type": TEXT,
                "code_interpreter": obj(
                    {"input": TEXT, "outputs": items(by("type", {"logs": obj(LOGS), "image": obj(IMAGE)}))}
                ),
            }
        ),
        "file_search": obj(
            {
                "id": TEXT,
                "type": TEXT,
                "file_search": obj(
                    {"ranking_options": Maybe(RANKING), "results": Maybe(items(SEARCH_RESULT))}
                ),
            }
        ),
        "function": obj(
            {
                "id": TEXT,
                "type": TEXT,
                "function": obj({"name": TEXT, "arguments": TEXT, "output": null_or(TEXT)}),
            }
        ),
    },
)
STEP = obj(
    {
        "id": begins("step_"),
        "object": one_of("thread.run.step"),
        "created_at": time,
        "assistant_id": begins("asst_"),
        "thread_id": begins("thread_"),
        "run_id": begins("run_"),
        "type": one_of("message_creation", "tool_calls"),
        "status": one_of("in_progress", "cancelled", "failed", "completed", "expired"),
        "step_details": by(
            "type",
            {
                "message_creation": obj(
                    {"type": TEXT, "message_creation": obj({"message_id": begins("msg_")})}
                ),
                "tool_calls": obj({"type": TEXT, "tool_calls": items(TOOL_CALL)}),
            },
        ),
        "last_error": null_or(
            obj(
                {"code": one_of("server_error", "rate_limit_exceeded"), "message": TEXT},
                extra=("remedy", "request_id", "status", "kind"),
            )
        ),
        "expired_at": null_or(time),
        "cancelled_at": null_or(time),
        "failed_at": null_or(time),
        "completed_at": null_or(time),
        "metadata": null_or(metadata),
        "usage": null_or(USAGE),
    },
    extra=("expires_at", "duration_ms", "reasoning", "reasoning_ms"),
)

MODEL = obj(
    {"id": TEXT, "object": one_of("model"), "created": INT, "owned_by": TEXT},
    extra=("name", "context_length", "connection", "tools_off", "settings"),
)

INDEXED: dict[str, Check | Maybe] = {"index": INT, "type": TEXT}
TEXT_DELTA = obj({"value": Maybe(TEXT), "annotations": Maybe(items(OBJECT))})
MESSAGE_DELTA = obj(
    {
        "id": begins("msg_"),
        "object": one_of("thread.message.delta"),
        "delta": obj(
            {
                "role": Maybe(one_of("user", "assistant")),
                "content": Maybe(
                    items(
                        by(
                            "type",
                            {
                                "text": obj({**INDEXED, "text": Maybe(TEXT_DELTA)}),
                                "refusal": obj({**INDEXED, "refusal": Maybe(TEXT)}),
                                "image_file": obj({**INDEXED, "image_file": Maybe(IMAGE_FILE)}),
                                "image_url": obj({**INDEXED, "image_url": Maybe(IMAGE_URL)}),
                            },
                        )
                    )
                ),
            }
        ),
    }
)
CODE_DELTA = obj(
    {
        "input": Maybe(TEXT),
        "outputs": Maybe(
            items(by("type", {"logs": obj({**LOGS, "index": INT}), "image": obj({**IMAGE, "index": INT})}))
        ),
    }
)
FUNCTION_DELTA = obj({"name": Maybe(TEXT), "arguments": Maybe(TEXT), "output": Maybe(null_or(TEXT))})
CALL_DELTA = by(
    "type",
    {
        "function": obj({**INDEXED, "id": Maybe(TEXT), "function": Maybe(FUNCTION_DELTA)}),
        "code_interpreter": obj({**INDEXED, "id": Maybe(TEXT), "code_interpreter": Maybe(CODE_DELTA)}),
        "file_search": obj({**INDEXED, "id": Maybe(TEXT), "file_search": obj({})}),
    },
)
STEP_DELTA = obj(
    {
        "id": begins("step_"),
        "object": one_of("thread.run.step.delta"),
        "delta": obj(
            {
                "step_details": Maybe(
                    by(
                        "type",
                        {
                            "message_creation": obj(
                                {"type": TEXT, "message_creation": Maybe(obj({"message_id": Maybe(TEXT)}))}
                            ),
                            "tool_calls": obj({"type": TEXT, "tool_calls": Maybe(items(CALL_DELTA))}),
                        },
                    )
                )
            }
        ),
    }
)
ERROR = obj({"message": TEXT, "type": TEXT, "param": null_or(TEXT), "code": null_or(TEXT)})
ERROR_BODY = obj({"error": ERROR})


def page(check: Check, extra: tuple[str, ...] = ()) -> Check:
    shape = obj(
        {
            "object": one_of("list"),
            "data": items(check),
            "first_id": null_or(TEXT),
            "last_id": null_or(TEXT),
            "has_more": BOOL,
        },
        extra,
    )

    def run(value: Any, where: str) -> list[str]:
        told = shape(value, where)
        ids = [item.get("id") for item in value.get("data", [])]
        ends = [ids[0], ids[-1]] if ids else [None, None]
        if [value.get("first_id"), value.get("last_id")] != ends:
            told.append(f"{where}: first_id and last_id are not those of the data")
        return told

    return run


def attributes(value: Any, where: str) -> list[str]:
    # those of the program do not take the place of a client's 16
    own = sum(k.startswith("aimltui") for k in value) if isinstance(value, dict) else 0
    if not isinstance(value, dict) or own > 16 or len(value) - own > 16:
        return [f"{where}: {value!r}"]
    return [where for v in value.values() if not isinstance(v, (str, int, float, bool))]


FILE = obj(
    {
        "id": begins("file-"),
        "object": one_of("file"),
        "bytes": INT,
        "created_at": time,
        "expires_at": null_or(time),
        "filename": TEXT,
        "purpose": one_of(
            "assistants", "assistants_output", "batch", "batch_output", "fine-tune", "fine-tune-results",
            "vision", "user_data", "evals",
        ),
        "status": one_of("uploaded", "processed", "error"),
        "status_details": null_or(TEXT),
    }
)  # fmt: skip
UPLOAD = obj(
    {
        "id": begins("upload_"),
        "object": one_of("upload"),
        "bytes": INT,
        "created_at": time,
        "expires_at": time,
        "filename": TEXT,
        "purpose": TEXT,
        "status": one_of("pending", "completed", "cancelled", "expired"),
        "file": null_or(FILE),
    }
)
UPLOAD_PART = obj(
    {
        "id": begins("part_"),
        "object": one_of("upload.part"),
        "created_at": time,
        "upload_id": begins("upload_"),
    }
)
BINARY = obj({"content": TEXT, "media_type": TEXT, "filename": TEXT})
COUNTS = obj({"in_progress": INT, "completed": INT, "failed": INT, "cancelled": INT, "total": INT})
VECTOR_STORE = obj(
    {
        "id": begins("vs_"),
        "object": one_of("vector_store"),
        "created_at": time,
        "name": TEXT,
        "usage_bytes": INT,
        "file_counts": COUNTS,
        "status": one_of("expired", "in_progress", "completed"),
        "expires_after": null_or(obj({"anchor": one_of("last_active_at"), "days": INT})),
        "expires_at": null_or(time),
        "last_active_at": time,
        "metadata": metadata,
    },
    extra=("description",),
)
CHUNKING = by(
    "type",
    {
        "static": obj(
            {"type": TEXT, "static": obj({"max_chunk_size_tokens": INT, "chunk_overlap_tokens": INT})}
        ),
        "other": obj({"type": TEXT}),
    },
)
STORE_FILE = obj(
    {
        "id": begins("file-"),
        "object": one_of("vector_store.file"),
        "created_at": time,
        "usage_bytes": INT,
        "vector_store_id": begins("vs_"),
        "status": one_of("in_progress", "completed", "cancelled", "failed"),
        "last_error": null_or(
            obj({"code": one_of("server_error", "unsupported_file", "invalid_file"), "message": TEXT})
        ),
        "chunking_strategy": CHUNKING,
        "attributes": attributes,
    },
    extra=("chunks", "progress", "remarks"),
)
FILE_BATCH = obj(
    {
        "id": begins("vsfb_"),
        "object": one_of("vector_store.files_batch"),
        "created_at": time,
        "vector_store_id": begins("vs_"),
        "status": one_of("in_progress", "completed", "cancelled", "failed"),
        "file_counts": COUNTS,
    }
)
TEXT_PIECE = obj({"type": one_of("text"), "text": TEXT})
FILE_TEXT = obj(
    {
        "object": one_of("vector_store.file_content.page"),
        "data": items(TEXT_PIECE),
        "has_more": BOOL,
        "next_page": null_or(TEXT),
    }
)


def score(value: Any, where: str) -> list[str]:
    return NUMBER(value, where) or ([] if 0 <= value <= 1 else [f"{where}: {value}"])


SEARCH_RESULTS = obj(
    {
        "object": one_of("vector_store.search_results.page"),
        "search_query": items(TEXT),
        "data": items(
            obj(
                {
                    "file_id": begins("file-"),
                    "filename": TEXT,
                    "score": score,
                    "attributes": attributes,
                    "content": items(TEXT_PIECE),
                }
            ),
            50,
        ),
        "has_more": BOOL,
        "next_page": null_or(TEXT),
    }
)


def deleted(kind: str) -> Check:
    return obj({"id": TEXT, "object": one_of(kind), "deleted": one_of(True)})


RESULTS: dict[str, Check] = {
    **dict.fromkeys(("create_assistant", "get_assistant", "modify_assistant"), ASSISTANT),
    "list_assistants": page(ASSISTANT),
    "delete_assistant": deleted("assistant.deleted"),
    **dict.fromkeys(("create_thread", "get_thread", "modify_thread"), THREAD),
    "list_threads": page(THREAD_SUMMARY),
    "import_thread": obj(
        {
            "id": begins("thread_"),
            "object": one_of("thread.imported"),
            "outcome": one_of("created", "extended", "present"),
            "thread": THREAD,
        }
    ),
    "copy_thread": THREAD,
    "list_branches": obj(
        {
            "object": one_of("list"),
            "data": items(
                obj({"after": null_or(begins("msg_")), "number": INT, "threads": items(begins("thread_"))})
            ),
        }
    ),
    "delete_thread": deleted("thread.deleted"),
    "search": obj(
        {"object": one_of("list"), "data": items(OBJECT), "is_complete": BOOL, "notes": items(TEXT)}
    ),
    **dict.fromkeys(("create_message", "get_message", "modify_message"), MESSAGE),
    "list_messages": page(MESSAGE),
    "delete_message": deleted("thread.message.deleted"),
    **dict.fromkeys(
        ("create_run", "create_thread_and_run", "get_run", "modify_run", "cancel_run", "submit_tool_outputs"),
        RUN,
    ),
    "list_runs": page(RUN),
    "list_run_steps": page(STEP),
    "get_run_step": STEP,
    "list_models": page(MODEL, extra=("sources",)),
    **dict.fromkeys(("create_file", "get_file"), FILE),
    "list_files": page(FILE),
    "get_file_content": BINARY,
    "delete_file": deleted("file"),
    **dict.fromkeys(("create_upload", "complete_upload", "cancel_upload"), UPLOAD),
    "add_upload_part": UPLOAD_PART,
    **dict.fromkeys(("create_vector_store", "get_vector_store", "modify_vector_store"), VECTOR_STORE),
    "list_vector_stores": page(VECTOR_STORE),
    "delete_vector_store": deleted("vector_store.deleted"),
    "search_vector_store": SEARCH_RESULTS,
    **dict.fromkeys(
        ("create_vector_store_file", "get_vector_store_file", "modify_vector_store_file"), STORE_FILE
    ),
    **dict.fromkeys(("list_vector_store_files", "list_file_batch_files"), page(STORE_FILE)),
    "delete_vector_store_file": deleted("vector_store.file.deleted"),
    "get_vector_store_file_content": FILE_TEXT,
    **dict.fromkeys(("create_file_batch", "get_file_batch", "cancel_file_batch"), FILE_BATCH),
}
"""The schema of every operation that answers, by name."""

_EVENTS = (
    ("thread.run.step.", STEP),
    ("thread.run.", RUN),
    ("thread.message.", MESSAGE),
    ("thread.created", THREAD),
)


def check_result(name: str, body: Any) -> None:
    """An answer, against its table."""
    told = RESULTS[name](body, name)
    assert not told, told


def check_event(event: StreamEvent) -> None:
    """An event's data, against its table."""
    if event.event == events.DONE:
        assert event.data == "[DONE]"
        return
    if event.event in events.EXTENSIONS:
        return
    exact = {events.MESSAGE_DELTA: MESSAGE_DELTA, events.STEP_DELTA: STEP_DELTA, events.ERROR: ERROR}
    check = exact.get(event.event) or next(
        check for prefix, check in _EVENTS if event.event.startswith(prefix)
    )
    assert isinstance(event.data, Wire)
    body = event.data.to_json()
    told = check(body, event.event)
    assert not told, told
    state = event.event.rpartition(".")[2]
    if "status" in body and state != "created":
        assert body["status"] == state, f"{event.event} says {body['status']}"
