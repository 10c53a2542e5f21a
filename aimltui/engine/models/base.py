"""The interface to chat models: requests, chunks of answers, and the error of a failed turn."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, Protocol

from aimltui.common.dataclass import dataclass

JSON = Any
"""A JSON value; `Any` because recursive JSON types help no reader."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One turn of a model, in the format of `/chat/completions`."""

    model: str
    messages: Sequence[Mapping[str, JSON]]
    """Chat messages with roles system, user, assistant, tool; content a string or a list of parts."""
    tools: Sequence[Mapping[str, JSON]] = ()
    tool_choice: str | Mapping[str, JSON] | None = None
    parallel_tool_calls: bool | None = None
    temperature: float | None = None
    """None sends nothing, so the model uses its default."""
    top_p: float | None = None
    max_tokens: int | None = None
    response_format: Mapping[str, JSON] | None = None
    reasoning_effort: str | None = None
    web_search: bool = False
    """Whether a model that can search the web by itself is asked to."""
    stream: bool = True
    """False asks for the answer without streaming; it then arrives as one chunk."""
    on_sent: Callable[[Mapping[str, Any]], None] | None = field(default=None, compare=False, repr=False)
    """Called with the body of each request that is sent for this turn."""
    prompt_cache: bool = True
    """Whether a long prompt is marked for the provider's cache, where the model takes such marks."""
    on_text: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)
    """Called with text of the answer that comes alone; False asks to have it as a chunk.

    A model may call it in the place of yielding a chunk with nothing but text, which takes longer than all the rest. It is
    called between two chunks, in their order, and not before the first chunk with content.
    """


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call; fragments of one call share `index`."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, JSON] | None = None
    """Opaque data of the provider that must be sent back with the call: keys to merge into it unchanged."""


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """The usage of a turn, with tokens as the provider counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    """Dollars, only if the provider reported them."""


@dataclass(frozen=True, slots=True)
class ChatChunk:
    """The next part of an answer. Any field may be empty."""

    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    tool_calls: Sequence[ToolCallDelta] = ()
    finish_reason: str | None = None
    """stop, length, tool_calls or content_filter; any other value counts as stop."""
    usage: ChatUsage | None = None
    """The usage of the whole turn so far: a later one replaces an earlier one, they are not added."""
    request_id: str | None = None
    remark: str = ""
    """A sentence for the user about the request, such as that a picture was left out."""
    web_sources: int = 0
    """The number of sources on the web that the model named for this turn."""
    ends_thought: bool = False
    """True if all text of the turn so far, before this chunk, was a thought: only now its closing tag came."""


@dataclass(frozen=True, slots=True)
class Price:
    """Prices in US dollars per token. None where the list of models gives no price."""

    prompt: float | None = None
    completion: float | None = None
    cached: float | None = None
    """Price of prompt tokens from the provider's cache."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that an endpoint offers. A fact missing in the endpoint's list is None: unknown, which does not mean "no"."""

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
    """The endpoints at which it can be called: `chat`, `responses`."""
    description: str = ""
    connection: str = ""
    """The name of the connection that offers it; empty for a built-in model."""
    inputs: frozenset[str] | None = None
    """What a message to it may contain: `text`, `image`, `file`, `audio`, `video`."""
    remark: str = ""
    """A few words of warning before choosing it, such as "deprecated"."""
    parameters: int | None = None
    """The number of its weights, if the server gives it."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which settings of a run reach a model, as far as that is known before a request."""

    temperature: bool = True
    top_p: bool = True
    efforts: tuple[str, ...] | None = None
    """The levels of `reasoning_effort`, from the least; empty if it takes none, None if that is unknown."""
    thinking_budgets: Mapping[str, int] | None = None
    """Tokens for thinking by effort, for a model that is given a budget instead of an effort."""
    response_format: str = "json_schema"
    """The strictest format: `json_schema`, `json_object` or `text`."""
    prompt_cache: bool = False
    """Whether the long part of a prompt is marked for the provider's cache, unless the assistant says otherwise."""


@dataclass(frozen=True, slots=True)
class ListState:
    """The origin and age of a connection's list of models."""

    connection: str
    source: Literal["live", "cache", "snapshot", "none"]
    """Fetched by this process, saved by an earlier one, shipped with the program, or missing."""
    as_of: int | None = None
    """When the list was fetched or the snapshot was made; Unix seconds."""
    problem: str = ""
    """Why the last attempt to fetch it failed, as a sentence."""
    count: int = 0
    """Number of models."""


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
    """A turn of a model failed. It never leaves the engine: it becomes the run's `last_error`."""

    message: str
    """One sentence for the user: what happened, and at which host."""
    remedy: str = ""
    """One sentence about what the user can do."""
    code: ErrorCode = "server_error"
    retryable: bool = False
    """True for 408, 409, 429, 5xx, connection errors: the same request may succeed later."""
    retry_after_s: float | None = None
    """Seconds the server asked to wait."""
    status: int | None = None
    """HTTP status, if the server answered."""
    request_id: str | None = None
    cut: bool = field(default=False)
    """True if the stream broke after it had started, when text may have been shown."""
    gateway: bool = False
    """True if a gateway reports it, which has tried several times already: one more try at most."""
    too_long: bool = False
    """True if the conversation exceeds the model's context, so that a shorter one may succeed."""
    context_tokens: int | None = None
    """The context in force, if the server names it with such an error."""

    def __str__(self) -> str:
        """The sentence."""
        return self.message


class ChatModel(Protocol):
    """A model that answers chat messages."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Request one turn and yield its chunks.

        The iterator ends normally only if the model reported its end, by a finish reason or the stream's end
        marker. All other ends raise. Consume it under `aclosing`: closing it early closes the connection at once.

        Raises:
            ModelError: The turn failed, before or after the first chunk.
        """
        ...

    async def list_models(self) -> list[ModelInfo]:
        """The offered models in the endpoint's order.

        Raises:
            ModelError: The list could not be fetched. An empty list is an answer, not an error.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Models(Protocol):
    """Resolves ids to chat models. A connection is a named endpoint; None is the default one."""

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The model that answers to this id.

        Raises:
            ModelError: There is none.
        """
        ...

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """The known facts about a model, without a request; None if there are none."""
        ...

    def settings(self, info: ModelInfo) -> ModelSettings | None:
        """Which settings of a run reach a model, without a request; None if that is unknown."""
        ...

    async def learn_about(self, model_id: str, connection: str | None = None) -> None:
        """Fetch the facts that a run needs, such as the context in force, unless they are known. Never fails."""
        ...

    def connections(self) -> Sequence[str]:
        """The names of the connections that a run may use, the default one first."""
        ...

    def list_states(self) -> list[ListState]:
        """The state of each connection's list of models after the last `list_models`; the default connection first."""
        ...

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The offered models of all connections.

        Raises:
            ModelError: The list could not be fetched.
        """
        ...

    async def balance(self, connection: str | None = None) -> AccountBalance:
        """Ask the provider of a connection for the balance of its account.

        Raises:
            ModelError: The provider refused, could not be reached, or does not tell.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
