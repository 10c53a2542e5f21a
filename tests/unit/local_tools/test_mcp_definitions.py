"""MCP servers without a server: what the configuration means, what a model may call, and what a result says."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from aimltui.common.errors import ConfigError
from aimltui.config.mcp_servers import McpServer, expand, read_mcp_servers
from aimltui.local_tools.mcp.connection import ServerError
from aimltui.local_tools.mcp.definitions import function_name, offered
from aimltui.local_tools.mcp.forms import BadValue, form_of, values_of
from aimltui.local_tools.mcp.prompts import asked_prompt, prompt_text, prompts_of
from aimltui.local_tools.mcp.resources import matching, resource_text, resources_of
from aimltui.local_tools.mcp.results import result_of

SERVER = McpServer("files", command="npx", args=("-y", "server-files"))
ESCAPE = "\x1b]2;owned\x07"


def tool(name: str = "read", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Read.", "inputSchema": {"type": "object"}, **more}


def test_both_files_are_read_in_the_forms_that_others_use(tmp_path: Path) -> None:
    pasted = {
        "mcpServers": {
            "time": {"command": "uvx", "args": ["mcp-server-time"], "env": {"TZ": "UTC", "N": 3}},
            "both": {"command": "from-json"},
            "off": {"command": "x", "disabled": True, "autoApprove": ["everything"]},
            "web": {
                "type": "http",
                "url": "https://u:s3cret@mcp.example.com/mcp?key=s3cret",
                "headers": {"X": "${KEY}"},
            },
            "old": {"type": "sse", "url": "https://mcp.example.com/sse"},
            "login": {"url": "https://x.example", "oauth": {"clientId": "c", "callbackPort": 8080}},
            "port": {"url": "https://x.example", "oauth": {"client_id": "c", "port": 70000}},
            "empty": {},
            "wrong": {"command": ["a", "s3cret"]},
        }
    }
    (tmp_path / "mcp.json").write_text("\ufeff" + json.dumps(pasted))
    document = {
        "mcp_servers": {
            "both": {"command": "from-toml", "startup_timeout_sec": 5, "tool_timeout_sec": 7.5},
            "codex": {"url": "https://x.example", "bearer_token_env_var": "TOKEN", "enabled_tools": ["a"]},
        }
    }
    found = read_mcp_servers(document, tmp_path / "config.toml")
    servers = {server.name: server for server in found.servers}
    assert list(servers) == ["both", "codex", "time", "off", "web", "login"]
    assert (servers["both"].command, servers["both"].start_timeout_s, servers["both"].timeout_s) == (
        "from-toml",
        5,
        7.5,
    )
    assert servers["codex"].headers == {"Authorization": "Bearer ${TOKEN}"}
    assert servers["time"].args == ("mcp-server-time",)
    assert servers["time"].env == {"TZ": "UTC", "N": "3"}
    assert not servers["off"].enabled
    assert servers["web"].place == "https://mcp.example.com/mcp"
    told = {problem.name: problem.sentence for problem in found.problems}
    assert set(told) == {"old", "port", "empty", "wrong"}
    assert (servers["login"].oauth.client_id, servers["login"].oauth.port) == ("c", 8080)
    assert "mcp_servers.port.oauth.port" in told["port"]
    assert "Streamable HTTP" in told["old"]
    assert "either command" in told["empty"]
    assert "mcp_servers.wrong.command is a list, but must be text" in told["wrong"]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"mcpServers": {', "line 1: this is not JSON"),
        ('{"mcpServers": []}', "mcp_servers is a list"),
        ("[]", "there are no servers"),
    ],
)
def test_a_broken_file_breaks_no_server_of_the_other(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mcp.json").write_text(text)
    found = read_mcp_servers({"mcp_servers": {"a": {"command": "x"}}}, tmp_path / "config.toml")
    assert [server.name for server in found.servers] == ["a"]
    assert told in found.problems[0].sentence


def test_variables_are_put_in_and_a_missing_one_is_named() -> None:
    assert expand("Bearer ${KEY}/${env:KEY}/${NONE:-x}/$KEY", {"KEY": "k"}) == "Bearer k/k/x/$KEY"
    with pytest.raises(ConfigError, match="The variable NONE is not set"):
        expand("${NONE}", {})


def test_names_fit_the_api_and_stay_apart() -> None:
    seen: list[str] = []
    for server, name in (
        ("my server", "a.b/c"),
        ("my server", "a b/c"),
        ("files", "read"),
        ("long", "x" * 80),
        ("long", "x" * 81),
        ("ö", "日本語"),
    ):
        seen.append(function_name(server, name, seen))
    assert seen[2] == "files__read"
    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in seen)


def test_tools_are_cleaned_and_hints_only_make_the_question_stricter() -> None:
    deep: dict[str, Any] = {}
    for _ in range(30_000):
        deep = {"properties": deep}
    found = offered(
        McpServer("files", command="x", disabled_tools=("unwanted",)),
        [
            tool(
                description=f"Read{ESCAPE}.",
                inputSchema={"properties": {"a": {"title": ESCAPE}}, "required": 1},
            ),
            tool("delete", annotations={"destructiveHint": True}),
            tool("safe", annotations={"readOnlyHint": True, "destructiveHint": False}),
            tool("task", execution={"taskSupport": "required"}),
            tool("optional", execution={"taskSupport": "optional"}),
            tool("big", inputSchema={"description": "x" * 200_000}),
            tool("deep", inputSchema=deep),
            tool("unwanted"),
            tool(name=None),
            tool("list", inputSchema=[]),
        ],
    )
    tools = {one.name: one.tool for one in found.tools}
    assert list(tools) == ["read", "delete", "safe", "optional", "list"]
    assert tools["read"].description == "Read."
    assert tools["read"].parameters == {"type": "object", "properties": {"a": {"title": ""}}}
    assert tools["list"].parameters == {"type": "object", "properties": {}}
    assert [name for name, one in tools.items() if not one.may_always] == ["delete"]
    assert "with your rights" in tools["read"].touches
    assert [sentence.split()[0] for sentence in found.left_out] == ["task", "big", "deep"]
    assert "\x1b" not in repr(found)


def test_the_schemas_of_real_servers_are_passed_on_as_they_are() -> None:
    fetch = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "minLength": 1},
            "max_length": {
                "type": "integer",
                "exclusiveMaximum": 1_000_000,
                "exclusiveMinimum": 0,
                "default": 5000,
            },
            "author": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["url"],
    }
    empty: dict[str, Any] = {"type": "object", "properties": {}}
    found = offered(SERVER, [tool("fetch", inputSchema=fetch), tool("list", inputSchema=empty)])
    definitions = [one.tool.definition()["function"] for one in found.tools]
    assert [one["parameters"] for one in definitions] == [fetch, empty]
    assert not any("strict" in one for one in definitions)


def test_an_approval_ends_with_the_server_the_schema_and_the_description() -> None:
    def mark(server: McpServer = SERVER, **more: Any) -> str:
        return offered(server, [tool(**more)]).tools[0].tool.fingerprint

    marks = [
        mark(),
        mark(description="Read!"),
        mark(inputSchema={"type": "object", "properties": {"a": {}}}),
        mark(McpServer("files", command="npx", args=("-y", "server-files", "/"))),
        mark(McpServer("files", command="npx", args=("-y", "server-files"), env={"A": "b"})),
    ]
    assert len(set(marks)) == 5
    assert mark() == marks[0]


async def test_every_kind_of_result_is_a_text() -> None:
    saved: dict[str, bytes] = {}

    async def save(name: str, content: bytes) -> str:
        saved[name] = content
        return f"file-{len(saved)}"

    picture = base64.b64encode(b"picture").decode()
    content = [
        {"type": "text", "text": f"It is {ESCAPE}cold."},
        {"type": "image", "mimeType": "image/png", "data": picture},
        {"type": "audio", "mimeType": "audio/wav", "data": "x"},
        {"type": "resource", "resource": {"uri": "file:///a.txt", "mimeType": "text/plain", "blob": picture}},
        {"type": "resource", "resource": {"uri": "file:///b.bin", "blob": picture}},
        {"type": "resource_link", "uri": "https://example.com/x", "name": "X", "description": "All of it."},
        {"type": "text", "text": "only for eyes", "annotations": {"audience": ["user"]}},
        {"type": "strange"},
        "no object",
    ]
    result = await result_of({"content": content, "structuredContent": {"a": 1}}, save, 10_000)
    assert result.is_ok
    assert result.text.split("\n") == [
        "It is cold.",
        "[picture: image/png, 7 B, saved as file-1]",
        "[audio: audio/wav, not readable]",
        "[file:///a.txt]",
        "picture",
        "[file file:///b.bin: unknown type, 7 B, saved as file-2]",
        "[link: X](https://example.com/x) All of it.",
        "[text for the user only: text/plain, 13 B, saved as file-3]",
        "[a result of an unknown kind: strange]",
    ]
    assert saved["result.png"] == b"picture"
    only = await result_of({"content": [], "structuredContent": {"a": "ö"}}, save, 10_000)
    assert only.text == '{"a": "ö"}'
    failed = await result_of({"content": [], "isError": True}, save, 10_000)
    assert (failed.text, failed.is_ok) == ("The tool failed and gave no reason.", False)
    long = await result_of({"content": [{"type": "text", "text": "x" * 50}]}, save, 20)
    assert long.text == "x" * 20 + "\n[cut off after 20 characters]"


FORM = form_of(
    "s",
    {
        "message": f"Who{ESCAPE}?",
        "requestedSchema": {
            "properties": {
                "age": {"type": "integer", "minimum": 1, "maximum": 9},
                "mail": {"type": "string", "minLength": 3},
                "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}]},
                "ok": {"type": "boolean"},
                "odd": {"type": "object"},
            },
            "required": ["age"],
        },
    },
)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({}, "age is needed: a whole number."),
        ({"age": "x"}, "age must be a whole number."),
        ({"age": "10"}, "age must be at most 9."),
        ({"age": "5", "mail": "a"}, "mail must be at least 3 characters."),
        ({"age": "5", "size": "big"}, "size must be one of: Small."),
        ({"age": "5", "ok": "perhaps"}, "ok must be yes or no."),
    ],
)
def test_a_wrong_value_of_a_form_is_a_sentence(texts: dict[str, str], told: str) -> None:
    assert FORM is not None
    with pytest.raises(BadValue, match=re.escape(told)):
        values_of(FORM, texts)


def test_a_form_gives_typed_values_and_an_odd_one_is_refused() -> None:
    assert FORM is not None
    assert FORM.message == "Who?"
    found = values_of(FORM, {"age": "5", "size": "small", "ok": "NO", "odd": "x", "mail": " "})
    assert found == {"age": 5, "size": "s", "ok": False, "odd": "x"}
    for params in (
        {"message": "x"},
        {"requestedSchema": {"properties": {"a": 1}}},
        {"mode": "url", "url": "javascript:alert(1)"},
        {"mode": "url", "url": "https://bank.example@evil.example/"},
    ):
        assert form_of("s", params) is None
    visit = form_of("s", {"mode": "url", "url": "https://x.example/a", "message": "Log in."})
    assert visit is not None
    assert visit.url == "https://x.example/a"


def test_a_field_shows_the_default_in_the_words_of_its_choices() -> None:
    pairs = [{"const": "c", "title": "Celsius"}, {"const": "f", "title": "Hot, dry"}]
    properties = {
        "unit": {"type": "string", "oneOf": pairs, "default": "c"},
        "odd": {"type": "string", "oneOf": pairs, "default": "k"},
        "units": {"type": "array", "items": {"anyOf": pairs}, "default": ["c", "f"]},
        "free": {"type": "string", "default": "c"},
        "bad": {"type": "array", "default": [{}]},
    }
    form = form_of("s", {"requestedSchema": {"properties": properties}})
    assert form is not None
    shown = {field.name: field.default for field in form.fields}
    assert shown == {"unit": "Celsius", "odd": "k", "units": "Celsius, f", "free": "c", "bad": "{}"}
    del shown["odd"], shown["bad"]
    assert values_of(form, shown) == {"unit": "c", "units": ["c", "f"], "free": "c"}


PROMPTS = prompts_of(
    "git",
    [
        {"name": "review", "arguments": [{"name": "from", "required": True}, {"name": "to"}]},
        {"name": "one", "arguments": [{"name": "text"}]},
        {"name": "none", "description": f"Do {ESCAPE}it."},
        {"name": f"bad{ESCAPE}"},
    ],
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("/git:review", {}),
        ("/git:review main dev branch", {"from": "main", "to": "dev branch"}),
        ("/git:review to=dev 'main line'", {"from": "main line", "to": "dev"}),
        ("/git:one it's all one", {"text": "it's all one"}),
        ("/git:none", {}),
        ("/git:missing", None),
        ("/other:review", None),
        ("look at /git:none", None),
        ("/git", None),
    ],
)
def test_a_prompt_is_asked_for_with_its_values(text: str, values: dict[str, str] | None) -> None:
    asked = asked_prompt(text, PROMPTS)
    assert (dict(asked.values) if asked is not None else None) == values


def test_prompts_are_listed_and_become_text() -> None:
    assert [prompt.word for prompt in PROMPTS] == ["/git:review", "/git:one", "/git:none"]
    assert PROMPTS[2].description == "Do it."
    content = [
        {"type": "text", "text": f"Look{ESCAPE}"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
        {"type": "image", "data": "x"},
    ]
    raw = {"messages": [{"role": "user", "content": one} for one in content]}
    assert prompt_text(raw) == "Look\n\ninside\n\n[image: left out]"


def test_resources_are_written_as_words_and_read_as_text() -> None:
    raw = [{"uri": "a://b", "name": f"B{ESCAPE}"}, {"uri": "a b"}, {"uri": f"a{ESCAPE}"}, {"name": "x"}]
    found = resources_of("s", raw)
    assert [(one.word, one.name) for one in found] == [("s:a://b", "B")]
    assert matching(found, "s:a") == matching(found, "b") == list(found)
    assert matching(found, "") == matching(found, "other") == []
    blob = base64.b64encode(b"deep").decode()
    assert resource_text({"contents": [{"text": f"x{ESCAPE}"}, {"blob": blob}]}) == "x\n\ndeep"
    for contents in ([], [{"blob": base64.b64encode(b"\0\xff").decode()}], "odd"):
        with pytest.raises(ServerError, match="not text"):
            resource_text({"contents": contents})
