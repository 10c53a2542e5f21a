"""The seam to chat models: a request, chunks, and the one error that a model may end with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

JSON = Any
"""A JSON value; `Any` because recursive JSON types help no reader."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model turn, in the shapes of `/chat/completions`."""

    model: str
    messages: Sequence[Mapping[str, JSON]]
    """Chat messages with roles system, user, assistant, tool; content a string or a list of parts."""
    tools: Sequence[Mapping[str, JSON]] = ()
    tool_choice: str | Mapping[str, JSON] | None = None
    parallel_tool_calls: bool | None = None
    temperature: float | None = None
    """None means: the model's own default, nothing is sent."""
    top_p: float | None = None
    max_tokens: int | None = None
    response_format: Mapping[str, JSON] | None = None
    reasoning_effort: str | None = None
    stream: bool = True
    """False asks for the whole answer at once; it then comes as one chunk."""


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call; fragments of one call share `index`."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, JSON] | None = None
    """Opaque provider data that has to be echoed with the call: keys to be merged into it as they are."""


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """What a turn cost. Tokens as the provider counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    """Dollars, only if the provider said so."""


@dataclass(frozen=True, slots=True)
class ChatChunk:
    """What came next. Any field may be empty."""

    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    tool_calls: Sequence[ToolCallDelta] = ()
    finish_reason: str | None = None
    """stop, length, tool_calls, content_filter; anything else counts as stop."""
    usage: ChatUsage | None = None
    """What is known so far of the whole turn: a later one replaces an earlier one, it does not add to it."""
    request_id: str | None = None
    remark: str = ""
    """A sentence for the user about how the model was asked, e.g. that it was not shown a picture."""


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, in US dollars for one token. None where the list does not say."""

    prompt: float | None = None
    completion: float | None = None
    cached: float | None = None
    """For prompt tokens that the provider had kept."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that an endpoint offers. What its list does not say is None: unknown, which is not "no"."""

    id: str
    name: str = ""
    vendor: str = ""
    context_length: int | None = None
    """Tokens."""
    created_at: int | None = None
    tool_protocol: ToolProtocol | None = None
    """How it calls the code interpreter, if that is known; see `engine.runs.tool_protocol`."""
    output_limit: int | None = None
    """The most tokens of one answer."""
    aliases: tuple[str, ...] = ()
    abilities: frozenset[str] | None = None
    """Of `tools`, `vision`, `reasoning`, `streaming`, `files`, `structured_output`, `web_search`."""
    price: Price | None = None
    endpoints: frozenset[str] | None = None
    """Where it may be called: `chat`, `responses`."""
    description: str = ""
    connection: str = ""
    """The name of the connection that offers it; empty for what is built in."""
    inputs: frozenset[str] | None = None
    """What a message to it may hold: `text`, `image`, `file`, `audio`, `video`."""
    remark: str = ""
    """What one should know before choosing it: that it is deprecated, for example. A few words."""


@dataclass(frozen=True, slots=True)
class ListState:
    """Where a connection's list of models comes from, and how old it is."""

    connection: str
    source: Literal["live", "cache", "snapshot", "none"]
    """Asked by this process, kept from an earlier one, shipped with the program, or not there at all."""
    as_of: int | None = None
    """When it was asked for, or the snapshot made; Unix seconds."""
    problem: str = ""
    """Why the last attempt to ask failed, as a sentence."""
    count: int = 0
    """Models on it."""


ToolProtocol = Literal["auto", "calls", "fenced"]
"""How a model calls tools: by function calls, or by fenced blocks in its text. `auto` starts with function calls and
switches to blocks for a model that rejects tools or prints its calls as text."""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """The money that is left on an account."""

    host: str
    usd: float | None
    """Dollars; None if the answer does not give them in a known form."""


ErrorCode = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]


@dataclass(eq=False)
class ModelError(Exception):
    """A model turn failed. It never leaves the engine: it becomes the run's `last_error`."""

    message: str
    """One sentence for the user: what happened, at which host, whose fault."""
    remedy: str = ""
    """What the user can do, one sentence."""
    code: ErrorCode = "server_error"
    retryable: bool = False
    """True for 408, 409, 429, 5xx, connection errors: the same request may succeed later."""
    retry_after_s: float | None = None
    """Seconds the server asked to wait."""
    status: int | None = None
    """HTTP status, if there was an answer."""
    request_id: str | None = None
    cut: bool = field(default=False)
    """True if the stream broke after it had begun: text may already be out."""

    def __str__(self) -> str:
        """The sentence."""
        return self.message


class ChatModel(Protocol):
    """Whatever answers chat messages."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Play one turn.

        The iterator ends normally only if the model said that it was done: a finish reason, or the stream's
        end marker. Everything else raises. To be consumed under `aclosing`: closing it early closes the
        connection at once.

        Raises:
            ModelError: The turn failed, before or after the first chunk.
        """
        ...

    async def list_models(self) -> list[ModelInfo]:
        """The models on offer, in the endpoint's order.

        Raises:
            ModelError: The list could not be had. An empty list is an answer, not an error.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class Models(Protocol):
    """Where chat models come from. A connection is an endpoint with a name; None is the default one."""

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The model that answers to this id.

        Raises:
            ModelError: There is none.
        """
        ...

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """What is known of a model just now, without asking anybody; None for nothing."""
        ...

    def connections(self) -> Sequence[str]:
        """The names that a run may give as its connection, the default one first."""
        ...

    def list_states(self) -> list[ListState]:
        """Where each connection's list comes from, as `list_models` last found it; the default one first."""
        ...

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The models on offer, of all connections.

        Raises:
            ModelError: The list could not be had.
        """
        ...

    async def balance(self, connection: str | None = None) -> AccountBalance:
        """Ask the provider of a connection for the balance of its account.

        Raises:
            ModelError: The provider refused, could not be reached, or does not tell.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
