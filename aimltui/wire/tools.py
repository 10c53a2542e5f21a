"""Tools, tool choice and response formats, which assistants and runs share."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from aimltui.wire.base import JSONObject, Wire, empty_list, extension
from aimltui.wire.vector_stores import NewVectorStore


def tagged(*known: str) -> Discriminator:
    """Return a discriminator that chooses a union's member by its `type`; unknown types go to the member `?`."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        return kind if kind in known else "?"

    return Discriminator(tag)


class Unknown(Wire):
    """A member of a union that this version does not know; it is kept unchanged."""

    type: str = "unknown"


class CodeInterpreterTool(Wire):
    """The model may run Python."""

    type: str = "code_interpreter"


def _zero_for_null(value: Any) -> Any:
    return 0.0 if value is None else value


class RankingOptions(Wire):
    """The ranking of file search; scores are from 0 to 1."""

    ranker: str = "auto"
    score_threshold: Annotated[float, BeforeValidator(_zero_for_null)] = 0.0


class FileSearchOptions(Wire):
    """Limits of a file search."""

    max_num_results: int | None = extension()
    ranking_options: RankingOptions | None = extension()


class FileSearchTool(Wire):
    """The model may search the vector stores."""

    type: str = "file_search"
    file_search: FileSearchOptions | None = extension()


class FunctionDefinition(Wire):
    """A function that the caller runs."""

    name: str
    description: str | None = extension()
    parameters: JSONObject | None = extension()
    strict: bool | None = extension()


class FunctionTool(Wire):
    """The model may ask the caller to run a function."""

    type: str = "function"
    function: FunctionDefinition


Tool = Annotated[
    Annotated[CodeInterpreterTool, Tag("code_interpreter")]
    | Annotated[FileSearchTool, Tag("file_search")]
    | Annotated[FunctionTool, Tag("function")]
    | Annotated[Unknown, Tag("?")],
    tagged("code_interpreter", "file_search", "function"),
]


class FunctionName(Wire):
    """A function, by name."""

    name: str


class NamedToolChoice(Wire):
    """The one tool that the model must use in its first turn."""

    type: str
    function: FunctionName | None = extension()


ToolChoice = str | NamedToolChoice
"""`none`, `auto`, `required`, or one tool by name."""


class ResponseFormatObject(Wire):
    """`text`, `json_object` or `json_schema`."""

    type: str
    json_schema: JSONObject | None = extension()
    """`{name, description?, schema?, strict?}`; the schema itself is foreign."""


ResponseFormat = str | ResponseFormatObject
"""`auto`, or an object."""


class CodeInterpreterResources(Wire):
    """Files for the code interpreter under /mnt/data; at most 20."""

    file_ids: list[str] = Field(default_factory=empty_list)


class FileSearchResources(Wire):
    """Vector stores to search; at most one."""

    vector_store_ids: list[str] = Field(default_factory=empty_list)
    vector_stores: list[NewVectorStore] | None = extension()
    """On creation only: creates a store from `file_ids` and attaches it."""


class ToolResources(Wire):
    """The resources of the tools. Empty members are omitted."""

    code_interpreter: CodeInterpreterResources | None = extension()
    file_search: FileSearchResources | None = extension()


def with_empty_resources(tools: Iterable[Tool], resources: ToolResources) -> ToolResources:
    """Return the resources with an empty member for each hosted tool that has none, as OpenAI's service answers."""
    names = {tool.type for tool in tools}
    if "code_interpreter" in names and resources.code_interpreter is None:
        resources = resources.model_copy(update={"code_interpreter": CodeInterpreterResources()})
    if "file_search" in names and resources.file_search is None:
        resources = resources.model_copy(update={"file_search": FileSearchResources()})
    return resources


class TruncationStrategy(Wire):
    """`auto`, or `last_messages` with a count."""

    type: str = "auto"
    last_messages: int | None = None
    shorten: bool | None = extension()
    """With `auto`: long outputs and messages are shortened before any message is left out. An extension of the API."""
