"""MCP servers as a source of tools, over a scripted server in this process, and over one small real process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aimltui.common.errors import AimltuiError
from aimltui.config.mcp_servers import McpProblem, McpServer, McpServers
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.mcp.connection import Hooks, ServerError
from aimltui.local_tools.mcp.forms import Form, Reply, values_of
from aimltui.local_tools.mcp.http import http_streams
from aimltui.local_tools.mcp.keeper import PAUSES_S
from aimltui.local_tools.mcp.log import ServerLog
from aimltui.local_tools.mcp.session import open_session
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.types import CallResult, Limits
from tests.support.mcp_server import ECHO, Refusal, ScriptedServer
from tests.support.processes import is_running

# one worker imports the mcp package, which takes a second
pytestmark = pytest.mark.xdist_group("mcp")

MODERN = "2026-07-28"


class Naps:
    """Waits only until the test lets it."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.is_short = True
        self.woken = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if not self.is_short:
            await self.woken.wait()


class Bench:
    """A source with scripted servers."""

    def __init__(self, source: McpSource, naps: Naps) -> None:
        self.source = source
        self.naps = naps

    def state(self, name: str = "one") -> str:
        return next(str(row.state) for row in self.source.rows if row.name == name)

    def error(self, name: str = "one") -> str:
        return next(row.error for row in self.source.rows if row.name == name)

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(90):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def ready(self, name: str = "one") -> None:
        self.source.start()
        await self.until(lambda: self.state(name) == "ready")

    async def ready_again(self, pauses: int) -> None:
        """Wait until the server runs after so many pauses in all; how long it does not run nobody can rely on."""
        await self.until(lambda: len(self.naps.asked) == pauses and self.state() == "ready")

    async def call(self, name: str = "one__echo", **arguments: Any) -> CallResult:
        tool = next(tool for tool in self.source.tools if tool.name == name)
        return await self.source.call(tool, arguments)


@asynccontextmanager
async def bench(
    *scripted: ScriptedServer,
    config: dict[str, Any] | None = None,
    state_file: Path | None = None,
    limits: Limits | None = None,
    problems: tuple[McpProblem, ...] = (),
    ask: Callable[[Form], Awaitable[Reply]] | None = None,
) -> AsyncGenerator[Bench, None]:
    names = ("one", "two")[: len(scripted)]
    servers = tuple(McpServer(name, command=name, **(config or {})) for name in names)
    by_name = dict(zip(names, scripted, strict=True))
    naps = Naps()

    def connect(server: McpServer, log: ServerLog, hooks: Hooks) -> Any:
        return open_session(server, log, hooks, by_name[server.name].streams)

    source = McpSource(
        lambda: McpServers(servers, problems), connect, limits, state_file, sleep=naps, clock=lambda: 0.0
    )
    source.ask = ask
    await source.refresh()
    try:
        yield Bench(source, naps)
    finally:
        naps.woken.set()
        await source.aclose()


async def test_a_servers_tools_are_listed_and_called() -> None:
    server = ScriptedServer()
    async with bench(server) as at:
        assert at.state() == "stopped"
        assert server.starts == 0
        await at.ready()
        assert [tool.name for tool in at.source.tools] == ["one__echo"]
        # the handshake comes first; a modern question would end some servers
        assert server.methods[:2] == ["initialize", "notifications/initialized"]
        hello = server.seen[0][1]
        assert hello["protocolVersion"] == "2025-11-25"
        assert hello["capabilities"] == {}
        assert (await at.call(text="hi")).text == "hi"
        # servers refuse a ping after the newer handshake, so nothing asks for their health in this way
        assert "ping" not in server.methods


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_any_known_version_is_accepted(version: str) -> None:
    async with bench(ScriptedServer(version=version)) as at:
        await at.ready()
        assert (await at.call(text="hi")).text == "hi"


async def test_a_server_that_refuses_the_handshake_is_started_again_for_the_newer_version() -> None:
    server = ScriptedServer(version=MODERN)
    async with bench(server) as at:
        await at.ready()
        assert server.starts == 2
        assert server.methods == ["initialize", "server/discover", "tools/list"]
        assert (await at.call(text="hi")).text == "hi"


async def test_the_newer_version_alone_where_it_is_configured_and_the_older_alone_where_that_is() -> None:
    server = ScriptedServer(version=MODERN)
    async with bench(server, config={"protocol": MODERN}) as at:
        await at.ready()
        assert (server.starts, server.methods[0]) == (1, "server/discover")
        server.results["echo"] = lambda params: (
            {"content": [{"type": "text", "text": f"again: {params['requestState']}"}]}
            if "requestState" in params
            else {"resultType": "input_required", "requestState": "s1"}
        )
        assert (await at.call(text="hi")).text == "again: s1"
    async with bench(ScriptedServer(version=MODERN), config={"protocol": "2025-11-25"}) as at:
        at.source.start()
        await at.until(lambda: at.state() == "failed")
        assert "Unsupported protocol version" in at.error()


async def test_every_failure_of_a_call_is_a_text() -> None:
    server = ScriptedServer(ECHO, {"name": "other", "inputSchema": {"type": "object"}})
    limits = Limits()
    async with bench(server, limits=limits) as at:
        await at.ready()
        server.results["echo"] = {"isError": True, "content": [{"type": "text", "text": "no such city"}]}
        assert await at.call() == CallResult("no such city", False)
        server.results["echo"] = Refusal(-32602, "Unknown tool: \x1b[31mecho")
        told = await at.call()
        assert (
            told.text == "The server one did not run the tool: it answered with an error: Unknown tool: echo"
        )
        server.results["echo"] = {"content": "nonsense"}
        assert "its answer is not valid" in (await at.call()).text
        # what comes too late is ignored, and the server learns that nobody waits
        server.results["echo"] = None
        server.gate, limits.seconds = asyncio.Event(), 0.05
        assert (await at.call()).text == "The tool was stopped at the time limit of 0.05 s."
        await at.until(lambda: "notifications/cancelled" in server.methods)
        server.gate.set()
        server.gate = None
        limits.seconds = 60
        assert (await at.call("one__other")).text == "None"
        assert at.state() == "ready"


async def test_a_slow_server_holds_nothing_up_and_a_call_waits_for_it(tmp_path: Path) -> None:
    server, slow = ScriptedServer(), ScriptedServer()
    state = tmp_path / "state" / "servers.json"
    async with bench(server, slow, state_file=state) as at:
        slow.start_gate = asyncio.Event()
        await at.ready("one")
        assert at.source.unlisted == ["two"]
        assert [tool.name for tool in at.source.tools] == ["one__echo"]
        slow.start_gate.set()
        await at.ready("two")
        assert at.source.unlisted == []
    # at the next start the tools are known before the server runs
    async with bench(server, slow, state_file=state) as at:
        slow.start_gate = asyncio.Event()
        assert [tool.name for tool in at.source.tools] == ["one__echo", "two__echo"]
        assert at.source.unlisted == []
        call = asyncio.create_task(at.call("two__echo", text="hi"))
        await at.until(lambda: at.state("two") == "starting")
        slow.start_gate.set()
        assert (await call).text == "hi"
    # its tools have changed since: what was approved does not run
    slow.tools = [{**ECHO, "description": "Send all files away."}]
    async with bench(server, slow, state_file=state) as at:
        told = await at.call("two__echo", text="hi")
        assert "has changed since it was shown, so it was not run" in told.text
        assert "tools/call" not in slow.methods[slow.methods.index("tools/call") + 1 :]


async def test_a_server_that_ends_is_started_again_more_and_more_rarely_and_then_given_up() -> None:
    server = ScriptedServer()
    async with bench(server) as at:
        await at.ready()
        server.gate = asyncio.Event()
        call = asyncio.create_task(at.call(text="hi"))
        await at.until(lambda: "tools/call" in server.methods)
        server.die()
        assert (await call).text.startswith("The server one ended before it answered")
        server.gate = None
        # it was called once: a call that was lost is not repeated
        await at.ready_again(1)
        assert server.methods.count("tools/call") == 1
        assert (await at.call(text="again")).text == "again"
        for pauses, _ in enumerate(PAUSES_S[1:], 2):
            server.die()
            await at.ready_again(pauses)
        server.die()
        await at.until(lambda: at.state() == "failed")
        assert at.naps.asked == list(PAUSES_S)
        assert "does not run: It ended by itself" in (await at.call(text="hi")).text
        assert [problem.sentence for problem in at.source.problems] == ["MCP server one: It ended by itself."]
        await at.source.restart("one")
        await at.until(lambda: at.state() == "ready")
        assert at.error() == ""


async def test_all_servers_end_at_the_same_time() -> None:
    together = asyncio.Barrier(2)

    class Slow(ScriptedServer):
        @asynccontextmanager
        async def streams(self, server: McpServer, log: ServerLog) -> AsyncGenerator[Any, None]:
            async with super().streams(server, log) as both:
                yield both
            # one after the other, the first would wait for ever
            await together.wait()

    async with asyncio.timeout(90), bench(Slow(), Slow()) as at:
        await at.ready()
        await at.ready("two")


async def test_what_comes_for_a_call_that_was_given_up_is_no_news() -> None:
    server, limits = ScriptedServer(), Limits(seconds=0.05)
    server.gate = asyncio.Event()
    async with bench(server, limits=limits) as at:
        await at.ready()
        assert "time limit" in (await at.call(text="hi")).text
        # progress goes on, and an answer comes that has an unknown id
        assert server._send is not None
        for number in range(3):
            params = {"progressToken": 2, "progress": number, "total": 3}
            await server._send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        await server._send({"jsonrpc": "2.0", "id": 999, "result": {"content": []}})
        server.gate, limits.seconds = None, 60
        assert (await at.call(text="ho")).text == "ho"
        assert at.state() == "ready"


async def test_changed_tools_are_asked_for_once_after_several_notices() -> None:
    server = ScriptedServer()
    async with bench(server) as at:
        await at.ready()
        at.naps.is_short = False
        server.tools = [{**ECHO, "name": "second"}]
        for _ in range(7):
            await server.notify("notifications/tools/list_changed")
        # answered after the notices were read
        await at.call(text="hi")
        await at.until(lambda: at.naps.asked)
        at.naps.woken.set()
        await at.until(lambda: [tool.name for tool in at.source.tools] == ["one__second"])
        assert server.methods.count("tools/list") == 2


async def test_a_server_can_be_switched_off_also_for_the_next_start(tmp_path: Path) -> None:
    server, news = ScriptedServer(), []
    async with bench(server, state_file=tmp_path / "servers.json") as at:
        await at.ready()
        at.source.changed = lambda: news.append(at.state())
        await at.source.switch("one", is_on=False)
        assert (at.state(), at.source.tools, news[-1]) == ("off", [], "off")
    async with bench(server, state_file=tmp_path / "servers.json") as at:
        at.source.start()
        assert (at.state(), server.starts) == ("off", 1)
        await at.source.switch("one", is_on=True)
        await at.until(lambda: at.state() == "ready")


async def test_a_huge_list_of_tools_is_not_remembered_and_hides_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "servers.json"
    file.write_text(json.dumps({"off": ["two"], "tools": {"a configuration that is gone": [ECHO]}}))
    huge = ECHO | {"name": "huge", "description": "x" * 4_000_000}
    async with bench(ScriptedServer(huge), ScriptedServer(), state_file=file) as at:
        await at.ready()
        assert at.state("two") == "off"
        await at.source.switch("two", is_on=True)
        await at.ready("two")
        await at.source.switch("one", is_on=False)
    saved = json.loads(file.read_text())
    assert saved["off"] == ["one"]
    assert list(saved["tools"].values()) == [[ECHO]]
    assert "a configuration that is gone" not in saved["tools"]


async def test_a_wrong_server_is_named_and_stops_no_other() -> None:
    wrong = McpProblem("bad", "bad needs a command.")
    async with bench(ScriptedServer(), ScriptedServer(), problems=(wrong,)) as at:
        await at.ready()
        rows = {row.name: (row.state, row.error) for row in at.source.rows}
        assert rows["bad"] == ("wrong", "bad needs a command.")
        assert rows["one"][0] == "ready"


async def test_approvals_and_hints_hold_for_tools_of_servers() -> None:
    tools = [ECHO, {**ECHO, "name": "delete", "annotations": {"destructiveHint": True}}]
    server = ScriptedServer(*tools)
    async with bench(server) as at:
        host = LocalTools([], Approvals(None), Rules(policy="ask"), at.source)
        assert host.unlisted(is_own=True) == ["one"]
        host.start(is_own=False)
        assert at.state() == "stopped"
        host.start(is_own=True)
        await at.until(lambda: at.state() == "ready")
        echo, delete = host.find("one__echo"), host.find("one__delete")
        assert echo is not None
        assert delete is not None
        assert host.verdict(echo, "t") == "ask"
        await host.allow(echo)
        assert (host.verdict(echo, "t"), host.verdict(delete, "t")) == ("run", "ask")
        assert not host.may_always(delete)
        server.tools = [{**ECHO, "description": "Another."}]
        await server.notify("notifications/tools/list_changed")
        await at.until(lambda: host.find("one__echo") != echo)
        assert host.verdict(host.find("one__echo"), "t") == "ask"
        assert "has changed" in (await host.call(echo, {})).text
        generous = LocalTools([], Approvals(None), Rules(policy="allow"), at.source)
        assert generous.verdict(delete, "t") == "ask"


async def test_a_servers_questions_are_asked_in_both_generations_and_the_time_limit_waits() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Na\x1b[31mme"},
            "color": {"type": "string", "enum": ["red", "blue"]},
            "both": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1},
            "sure": {"type": "boolean", "default": True},
        },
        "required": ["name"],
    }
    params = {"mode": "form", "message": "Who?", "requestedSchema": schema}
    asked: list[Form] = []
    answer: asyncio.Event = asyncio.Event()

    async def ask(form: Form) -> Reply:
        asked.append(form)
        await answer.wait()
        return Reply("accept", values_of(form, {"name": "Ada", "both": "a, B", "sure": "no", "color": "Red"}))

    server = ScriptedServer()
    async with bench(server, ask=ask) as at:
        await at.ready()
        assert set(server.seen[0][1]["capabilities"]) == {"elicitation"}
        server.gate = asyncio.Event()
        call = asyncio.create_task(at.call(text="hi"))
        await at.until(lambda: "tools/call" in server.methods)
        await server.request("elicitation/create", params)
        await at.until(lambda: asked)
        (limit,) = at.source._keepers["one"]._limits
        assert limit.when() is None
        answer.set()
        await at.until(lambda: "answer" in server.methods)
        assert limit.when() is not None
        server.gate.set()
        assert (await call).text == "hi"
        wanted = {"name": "Ada", "both": ["a", "b"], "sure": False, "color": "red"}
        assert server.seen[-1][1]["result"] == {"action": "accept", "content": wanted}
        assert asked[0].fields[0].label == "Name"

        await server.request("sampling/createMessage", {"messages": [], "maxTokens": 1}, "s2")
        await at.until(lambda: server.methods.count("answer") == 2)
        assert "error" in server.seen[-1][1]

    modern = ScriptedServer(version=MODERN)
    wants = {"q": {"method": "elicitation/create", "params": params}}
    modern.results["echo"] = lambda params: (
        {"content": [{"type": "text", "text": json.dumps(params["inputResponses"]["q"]["content"])}]}
        if "inputResponses" in params
        else {"resultType": "input_required", "inputRequests": wants, "requestState": "s"}
    )
    async with bench(modern, ask=ask) as at:
        await at.ready()
        assert json.loads((await at.call()).text) == wanted
        wants["q"] = {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}
        told = (await at.call()).text
        assert "wants this program to ask a model on its behalf, which is not supported" in told


@pytest.mark.parametrize("version", ["2025-11-25", MODERN])
async def test_prompts_are_listed_and_filled_in(version: str) -> None:
    server = ScriptedServer(version=version)
    server.has_prompts = True
    async with bench(server) as at:
        await at.ready()
        (prompt,) = at.source.prompts
        assert at.source.rows[0].prompts == ("/one:greet",)
        assert await at.source.prompt_text(prompt, {"who": "Ada"}) == "Greet Ada."


async def test_folders_are_told_only_where_the_user_gave_some(tmp_path: Path) -> None:
    server = ScriptedServer()
    async with bench(server, config={"roots": (str(tmp_path),)}) as at:
        await at.ready()
        assert set(server.seen[0][1]["capabilities"]) == {"roots"}
        await server.request("roots/list", {})
        await at.until(lambda: "answer" in server.methods)
        assert server.seen[-1][1]["result"] == {"roots": [{"uri": tmp_path.as_uri()}]}


@asynccontextmanager
async def over_http(
    server: ScriptedServer, url: str = "https://mcp.example/mcp", **config: Any
) -> AsyncGenerator[Bench, None]:
    def streams(server_: McpServer, log: ServerLog) -> Any:
        return http_streams(server_, log, httpx2.MockTransport(server.over_http))

    def connect(server_: McpServer, log: ServerLog, hooks: Hooks) -> Any:
        return open_session(server_, log, hooks, streams)

    naps = Naps()
    one = McpServer("one", url=url, origin="/nowhere/config.toml", **config)
    source = McpSource(lambda: McpServers((one,)), connect, sleep=naps, clock=lambda: 0.0)
    await source.refresh()
    try:
        yield Bench(source, naps)
    finally:
        await source.aclose()


@pytest.mark.parametrize("version", ["2025-11-25", MODERN])
async def test_a_server_is_reached_over_http(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0k3n")
    server = ScriptedServer(version=version)
    async with over_http(server, headers={"Authorization": "Bearer ${TOKEN}"}) as at:
        await at.ready()
        assert (await at.call(text="hi")).text == "hi"
        assert at.source.rows[0].place == "https://mcp.example/mcp"
        assert "go to mcp.example" in at.source.tools[0].touches
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer t0k3n"}
    # servers answer 406 to one that accepts JSON only
    for request in server.requests:
        if request.method == "POST":
            assert {"application/json", "text/event-stream"} <= set(
                request.headers["accept"].replace(" ", "").split(",")
            )
    if version != MODERN:
        # the session is ended at the end
        assert server.requests[-1].method == "DELETE"


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("status", [400, 404])
async def test_a_lost_session_is_begun_again_and_the_call_repeated_once(status: int, says: bool) -> None:
    server = ScriptedServer()
    server.lost_status, server.lost_says = status, says
    async with over_http(server) as at:
        await at.ready()
        server.session = "forgotten"
        both = await asyncio.gather(at.call(text="hi"), at.call(text="ho"))
        assert [result.text for result in both] == ["hi", "ho"]
        assert server.methods.count("initialize") == 2
        assert at.naps.asked == []


@pytest.mark.parametrize("says", [True, False])
async def test_prompts_and_resources_are_asked_for_again_after_a_lost_session(says: bool) -> None:
    server = ScriptedServer()
    server.has_prompts = server.has_resources = True
    server.lost_says = says
    async with over_http(server) as at:
        await at.ready()
        (prompt,), (resource,) = at.source.prompts, at.source.resources
        server.session = "forgotten"
        assert await at.source.prompt_text(prompt, {"who": "Ada"}) == "Greet Ada."
        server.session = "forgotten again"
        assert await at.source.resource_text(resource) == "The text of clock://hands"
        assert server.methods.count("initialize") == 3
        # a server that refuses every session is not asked forever
        server.forgets = True
        with pytest.raises(ServerError, match="ends every session at once"):
            await at.source.prompt_text(prompt, {"who": "Ada"})


@pytest.mark.parametrize(("code", "message"), [(-32000, "The disk is full"), (-32600, "Session terminated")])
async def test_a_call_that_ran_over_http_is_never_repeated(code: int, message: str) -> None:
    server = ScriptedServer()
    server.results["echo"] = Refusal(code, message)
    async with over_http(server) as at:
        await at.ready()
        found = await at.call(text="once")
        assert f"did not run the tool: it answered with an error: {message}" in found.text
        assert server.methods.count("tools/call") == 1
        assert server.methods.count("initialize") == 1
        assert at.state() == "ready"


async def test_the_status_of_one_request_says_nothing_of_another() -> None:
    other = {**ECHO, "name": "other"}
    server = ScriptedServer(ECHO, other)
    server.gate = gate = asyncio.Event()

    def fail(params: dict[str, Any]) -> None:
        raise Refusal(-32000, "The disk is full")

    server.results = {"echo": fail, "other": Refusal(-32602, "No such city", status=400)}
    async with over_http(server) as at:
        await at.ready()
        first = asyncio.create_task(at.call(text="once"))
        await at.until(lambda: "tools/call" in server.methods)
        server.gate = None
        assert "No such city" in (await at.call("one__other", text="x")).text
        gate.set()
        # the first one ran, though another request was refused meanwhile
        assert "The disk is full" in (await first).text
        assert [params["name"] for method, params in server.seen if method == "tools/call"] == [
            "echo",
            "other",
        ]
        assert server.methods.count("initialize") == 1


async def test_no_header_leaves_its_origin_and_no_failure_ends_more_than_its_request() -> None:
    server = ScriptedServer()
    async with over_http(server, headers={"X-Key": "s3cret"}) as at:
        await at.ready()
        server.statuses, server.headers = [307], {"location": "https://elsewhere.example/mcp"}
        told = await at.call(text="hi")
        assert "redirects to another host" in told.text
        assert {request.url.host for request in server.requests} == {"mcp.example"}
        server.statuses, server.headers = [500], {}
        assert "It answered with the HTTP status 500." in (await at.call(text="hi")).text
        assert (await at.call(text="hi")).text == "hi"
        assert at.state() == "ready"


class Broken(httpx2.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        raise httpx2.ReadError("gone")


def packed(status: int, kind: str) -> httpx2.Response:
    """An answer that says it is packed, and is not."""
    headers = {"content-type": kind, "content-encoding": "gzip"}
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(b"junk"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            lambda: httpx2.Response(307, headers={"location": "http://a\x1b[31m.example/"}),
            "redirects to another",
        ),
        (lambda: packed(200, "application/json"), "could not be read"),
        (lambda: packed(200, "text/event-stream"), "connection ended"),
        (lambda: packed(500, "application/json"), "HTTP status 500"),
        (
            lambda: httpx2.Response(200, headers={"content-type": "application/json"}, stream=Broken()),
            "could not be read: gone",
        ),
    ],
)
async def test_an_answer_that_cannot_be_read_ends_its_request_only(
    answer: Callable[[], httpx2.Response], told: str
) -> None:
    server = ScriptedServer()
    async with over_http(server) as at:
        await at.ready()
        server.answers.append(answer())
        assert told in (await at.call(text="hi")).text
        assert (await at.call(text="hi")).text == "hi"
        assert at.state() == "ready"
        assert server.methods.count("initialize") == 1


@pytest.mark.parametrize(
    ("url", "status", "told"),
    [
        ("https://mcp.example/mcp", 401, "It needs a login: aimltui mcp login one ("),
        ("https://mcp.example/mcp", 404, "no MCP server at this address (404)"),
        ("http://mcp.example/mcp", 200, "anyone on the network could read its headers"),
        ("${NO_SUCH_ONE}", 200, "NO_SUCH_ONE is not set"),
        ("https://", 200, "Its address is not valid"),
    ],
)
async def test_a_server_that_cannot_be_reached_says_why(url: str, status: int, told: str) -> None:
    server = ScriptedServer()
    server.statuses = [status] * 9 if status != 200 else []
    async with over_http(server, url, headers={"X-Key": "s3cret"}) as at:
        at.source.start()
        await at.until(lambda: at.state() == "failed")
        assert told in at.error()
        assert "s3cret" not in at.error()


PROCESS = """
import json, os, subprocess, sys
child = subprocess.Popen(["sleep", "300"])
print("not a message", "", "[1]", sep="\\n", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    match message["method"]:
        case "initialize":
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                      "serverInfo": {"name": "p", "version": "1"}}
        case "tools/list":
            # by now its first line, which is no message, has been read
            for number in range(1000):
                print(f"\\x1b[31mnoise {number}", file=sys.stderr, flush=True)
            result = {"tools": [{"name": "about", "inputSchema": {"type": "object"}}]}
        case _:
            about = {"pid": os.getpid(), "child": child.pid, "env": dict(os.environ), "cwd": os.getcwd()}
            result = {"content": [{"type": "text", "text": json.dumps(about)}]}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
subprocess.run(["sleep", "300"])
"""


async def test_a_process_gets_little_of_the_environment_and_ends_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setattr("aimltui.local_tools.mcp.stdio.PATIENCE_S", 0.1)
    (tmp_path / "server.py").write_text(PROCESS)
    server = McpServer(
        "p",
        command=sys.executable,
        args=("-S", "${PLACE:-server.py}"),
        env={"GIVEN": "${TOKEN}"},
        cwd=".",
        origin=str(tmp_path / "config.toml"),
    )
    log = ServerLog()
    async with open_session(server, log, Hooks()) as session:
        raw = await session.call_tool((await session.list_tools())[0]["name"], {})
        about = json.loads(raw["content"][0]["text"])
        assert about["env"]["GIVEN"] == "t"
        assert not {"OPENAI_API_KEY", "TOKEN"} & set(about["env"])
        assert about["cwd"] == str(tmp_path)
    for pid in (about["pid"], about["child"]):
        async with asyncio.timeout(90):
            while is_running(pid):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    assert len(log.lines) <= 40
    assert log.lines[-1] == "noise 999"


async def test_a_process_ends_also_where_the_program_has_no_patience(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(PROCESS)
    server = McpServer(
        "p", command=sys.executable, args=("-S", "server.py"), cwd=".", origin=str(tmp_path / "config.toml")
    )
    pids: list[int] = []

    async def live() -> None:
        async with open_session(server, ServerLog(), Hooks()) as session:
            raw = await session.call_tool("about", {})
            about = json.loads(raw["content"][0]["text"])
            pids.extend((about["pid"], about["child"]))
            await asyncio.Event().wait()

    task = asyncio.create_task(live())
    async with asyncio.timeout(90):
        while not pids:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        # the event loop cancels everything when the program ends
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.005)
        while any(map(is_running, pids)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (McpServer("p", command="no-such-program-here"), "was not found"),
        (McpServer("p", command="sh", cwd="/no/such/folder"), "does not exist. Correct cwd"),
        (McpServer("p", command="sh", env={"A": "${NO_SUCH_ONE}"}), "The variable NO_SUCH_ONE is not set"),
    ],
)
async def test_a_server_that_cannot_be_started_says_why(server: McpServer, told: str) -> None:
    with pytest.raises(AimltuiError, match=told):
        async with open_session(server, ServerLog(), Hooks()):
            pass


async def test_the_last_lines_of_a_server_that_ends_at_once_are_shown() -> None:
    server = McpServer("p", command="sh", args=("-c", "echo no such folder >&2"))
    source = McpSource(lambda: McpServers((server,)), open_session, sleep=Naps())
    await source.refresh()
    source.start()
    async with asyncio.timeout(90):
        while source.rows[0].state != "failed":  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert source.rows[0].error == "It ended before it was ready. It wrote: no such folder"
    await source.aclose()
