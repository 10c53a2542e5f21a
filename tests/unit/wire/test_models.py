"""Wire models: tolerant in reading, complete in writing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from aimltui.wire import events, operations, runs
from aimltui.wire.assistants import Assistant, CreateAssistant
from aimltui.wire.base import Page
from aimltui.wire.errors import APIError, BadRequest, NotFound, RateLimited, ServerError, error_from_body
from aimltui.wire.ids import new_id
from aimltui.wire.messages import CreateMessage, Message
from aimltui.wire.run_steps import RunStep
from aimltui.wire.threads import ListThreads
from aimltui.wire.tools import RankingOptions


def test_unknown_fields_and_kinds_survive_a_round_trip() -> None:
    data = {
        "id": "msg_1",
        "status": "pondering",
        "shoe_size": 43,
        "content": [
            {"type": "hologram", "cube": {"a": 1}},
            {"type": "text", "text": {"value": "hi", "annotations": []}},
        ],
    }
    message = Message.model_validate(data)
    assert message.text == "hi"
    assert message.to_json()["content"] == data["content"]
    assert message.to_json()["shoe_size"] == 43


def test_an_object_of_which_a_server_leaves_out_almost_everything_is_still_read() -> None:
    assert Assistant.model_validate({"id": "asst_1"}).temperature == 1.0
    step = RunStep.model_validate(
        {"id": "step_1", "step_details": {"type": "tool_calls", "tool_calls": [{"type": "?"}]}}
    )
    assert step.status == "in_progress"


def test_fields_without_a_value_stand_on_the_wire_as_null_but_extensions_do_not() -> None:
    body = runs.Run(id="run_1").to_json()
    assert body["last_error"] is None
    assert body["usage"] is None
    assert "duration_ms" not in body
    usage = runs.Usage(cost_usd=0.0).to_json()
    assert usage["cost_usd"] == 0.0
    assert "cost_usd" not in runs.Usage().to_json()


def test_params_refuse_unknown_names_and_send_only_what_was_given() -> None:
    with pytest.raises(ValidationError):
        CreateAssistant.model_validate({"model": "m", "colour": "red"})
    assert CreateAssistant(model="m", name=None).given() == {"model": "m", "name": None}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (CreateAssistant, {"model": "m", "temperature": 2.1}),
        (CreateAssistant, {"model": "m", "name": "x" * 257}),
        (ListThreads, {"limit": 0}),
        (ListThreads, {"limit": 101}),
        (CreateMessage, {"thread_id": "t", "role": "user", "content": []}),
        (runs.CreateRun, {"thread_id": "t", "assistant_id": "a", "max_prompt_tokens": 255}),
    ],
)
def test_limits_of_the_api_are_kept(kind: type[CreateAssistant], fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(fields)


def test_zero_is_a_value() -> None:
    given = CreateAssistant(model="m", temperature=0, top_p=0).given()
    assert given["temperature"] == 0
    assert given["top_p"] == 0


def test_the_table_has_one_operation_for_each_verb_and_path() -> None:
    keys = [(operation.method, operation.path) for operation in operations.OPERATIONS]
    assert len(keys) == len(set(keys))
    assert len(operations.OPERATIONS) == len(operations.BY_NAME) == 60


def test_every_path_parameter_is_a_field_of_the_parameters() -> None:
    for operation in operations.OPERATIONS:
        names = {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}
        assert names <= set(operation.params.model_fields), operation.name
        assert operation.query <= set(operation.params.model_fields)


def test_all_25_events_of_the_api_have_a_payload() -> None:
    names = (set(events.PAYLOADS) | {events.DONE}) - events.EXTENSIONS
    assert len(names) == 25
    assert sum(name.startswith("thread.run.step.") for name in names) == 7


def test_a_page_reads_its_items() -> None:
    page = Page[Message].model_validate({"data": [{"id": "msg_1"}], "has_more": True})
    assert page.data == [Message(id="msg_1")]
    assert page.first_id is None


def test_ids_have_their_prefix_and_do_not_repeat() -> None:
    ids = {new_id("thread_") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(i) == len("thread_") + 24 for i in ids)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, {"error": {"message": "no", "code": "c", "param": "p"}}, BadRequest, "no"),
        (404, {"message": "gone"}, NotFound, "gone"),
        (429, {"error": "slow down"}, RateLimited, "slow down"),
        (503, None, ServerError, "The server answered with status 503 and no explanation."),
        (418, "<html>", APIError, "The server answered with status 418 and no explanation."),
    ],
)
def test_error_bodies_of_every_shape_become_exceptions(
    status: int, body: object, kind: type[APIError], message: str
) -> None:
    error = error_from_body(status, body, "req_1")
    assert type(error) is kind
    assert (error.status, error.message, error.request_id) == (status, message, "req_1")


def test_a_threshold_that_a_server_leaves_empty_is_none_at_all() -> None:
    options = RankingOptions.model_validate({"ranker": "default_2024_08_21", "score_threshold": None})
    assert options.score_threshold == 0.0
