"""Paths and operations."""

from __future__ import annotations

import pytest

from aimltui.server.routing import PREFIXES, SERVED, MethodNotAllowed, Router
from aimltui.wire.errors import NotFound

ROUTER = Router(SERVED)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("operation", SERVED, ids=lambda operation: operation.name)
def test_every_operation_is_found_at_its_path(prefix: str, operation: object) -> None:
    wanted = operation.path.replace("{", "").replace("}", "")  # type: ignore[attr-defined]
    match = ROUTER.find(operation.method, prefix + wanted)  # type: ignore[attr-defined]
    assert match.operation is operation
    assert all(name == value for name, value in match.path.items())


def test_a_word_wins_over_a_name() -> None:
    assert ROUTER.find("POST", "/threads/runs").operation.name == "create_thread_and_run"
    assert ROUTER.find("POST", "/threads/thread_1").operation.name == "modify_thread"


def test_an_id_may_hold_anything_that_is_quoted() -> None:
    assert ROUTER.find("GET", "/v1/models/openai%2Fgpt-4o").path == {"model": "openai/gpt-4o"}
    assert ROUTER.find("GET", "/threads/v1%2Fx").path == {"thread_id": "v1/x"}


def test_the_paths_of_an_azure_project_are_those_without_it() -> None:
    for path in ("/api/projects/demo/assistants", "/api/projects/my%20own/v1/assistants"):
        assert ROUTER.find("GET", path).operation.name == "list_assistants"
    for path in ("/api/projects/assistants", "/api/projects//assistants", "/api/projects/demo"):
        with pytest.raises(NotFound):
            ROUTER.find("GET", path)


@pytest.mark.parametrize(
    "path", ["", "/", "//", "/v1", "/v1/", "/threads//messages", "/v1/v1/threads", "/threads/a/b/c"]
)
def test_what_is_no_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        ROUTER.find("GET", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find("PUT", "/threads/thread_1/runs")
    assert caught.value.allowed == "GET, POST"
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find("DELETE", "/threads/runs")
    assert caught.value.allowed == "POST"
