"""Assistants: a model with instructions and tools."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from aimltui.wire.base import ListParams, Metadata, Params, Timestamp, Wire, empty_list
from aimltui.wire.tools import ResponseFormat, Tool, ToolResources

STARTER = "starter_"
"""Metadata keys of the conversation starters begin with this; their numbers follow."""
MOST_STARTERS = 4
LOCAL_TOOLS = "local_tools"
"""Metadata key: `on` offers its runs the functions and MCP servers that are set up beside the client."""
PROMPT_CACHE = "prompt_cache"
"""Metadata key: `off` marks nothing in the prompts of its runs for the provider's cache."""
CHAT_NAME = "Chat"
"""The name of the assistant that `aimltui chat` makes."""
RESPONSES = "aimltui.responses"
"""Metadata key of the assistant that runs requests to `/v1/responses` whose model is no assistant, and of their threads."""
_VERSION_LENGTH = 7
_BEHAVIOUR = (
    "model",
    "instructions",
    "tools",
    "tool_resources",
    "temperature",
    "top_p",
    "response_format",
    "reasoning_effort",
)
"""The fields on which an assistant's answers depend."""


class Assistant(Wire):
    """A model with instructions and tools."""

    id: str
    object: str = "assistant"
    created_at: Timestamp = 0
    name: str | None = None
    description: str | None = None
    model: str = ""
    instructions: str | None = None
    tools: list[Tool] = Field(default_factory=empty_list)
    tool_resources: ToolResources | None = Field(default_factory=ToolResources)
    metadata: Metadata | None = Field(default_factory=dict)
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    response_format: ResponseFormat | None = "auto"
    reasoning_effort: str | None = None


def starters_of(metadata: Mapping[str, str] | None) -> list[str]:
    """The messages that an assistant offers to begin a conversation with."""
    return [
        text
        for number in range(1, MOST_STARTERS + 1)
        if (text := (metadata or {}).get(f"{STARTER}{number}", "").strip())
    ]


def starter_pairs(starters: Sequence[str]) -> dict[str, str]:
    """The metadata of conversation starters; an empty value takes away an earlier one."""
    texts = [*starters, *[""] * MOST_STARTERS][:MOST_STARTERS]
    return {f"{STARTER}{number}": text for number, text in enumerate(texts, 1)}


def is_internal(assistant: Assistant) -> bool:
    """Whether a part of the program made an assistant for itself: `aimltui chat`, or the server for `/v1/responses`."""
    return assistant.name == CHAT_NAME or RESPONSES in (assistant.metadata or {})


def version_of(assistant: Assistant) -> str:
    """A short hash of everything on which an assistant's answers depend: the same settings have the same version."""
    fields = {name: value for name, value in assistant.to_json().items() if name in _BEHAVIOUR}
    written = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:_VERSION_LENGTH]


Name = Annotated[str | None, Field(max_length=256)]
Description = Annotated[str | None, Field(max_length=512)]
Instructions = Annotated[str | None, Field(max_length=256_000)]
Tools = Annotated[list[Tool] | None, Field(max_length=128)]
Temperature = Annotated[float | None, Field(ge=0, le=2)]
TopP = Annotated[float | None, Field(ge=0, le=1)]


class CreateAssistant(Params):
    """POST /assistants."""

    model: str
    name: Name = None
    description: Description = None
    instructions: Instructions = None
    reasoning_effort: str | None = None
    tools: Tools = None
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None
    temperature: Temperature = None
    top_p: TopP = None
    response_format: ResponseFormat | None = None


class ModifyAssistant(Params):
    """POST /assistants/{assistant_id}: only what is given changes; lists are replaced as a whole."""

    assistant_id: str
    model: str | None = None
    name: Name = None
    description: Description = None
    instructions: Instructions = None
    reasoning_effort: str | None = None
    tools: Tools = None
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None
    temperature: Temperature = None
    top_p: TopP = None
    response_format: ResponseFormat | None = None


class AssistantParams(Params):
    """One assistant, by id."""

    assistant_id: str


class ListAssistants(ListParams):
    """GET /assistants."""
