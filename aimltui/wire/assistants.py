"""Assistants: a model with instructions and tools."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aimltui.wire.base import ListParams, Metadata, Params, Timestamp, Wire
from aimltui.wire.tools import ResponseFormat, Tool, ToolResources


class Assistant(Wire):
    """A model with instructions and tools."""

    id: str
    object: str = "assistant"
    created_at: Timestamp = 0
    name: str | None = None
    description: str | None = None
    model: str = ""
    instructions: str | None = None
    tools: list[Tool] = Field(default_factory=list)
    tool_resources: ToolResources | None = Field(default_factory=ToolResources)
    metadata: Metadata | None = Field(default_factory=dict)
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    response_format: ResponseFormat | None = "auto"
    reasoning_effort: str | None = None


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
