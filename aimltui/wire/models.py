"""Models and the sources of their lists."""

from typing import Final

from aimltui.wire.base import Page, Params, Timestamp, Wire, extension

ASSISTANT_OWNER: Final = "aimltui-assistants"
"""`owned_by` of an assistant in a server's list of models: it answers chat completions, and is no model of a run."""


class ModelPrice(Wire):
    """Prices in US dollars per token; a missing price is unknown, which is not zero. An extension."""

    prompt: float | None = extension()
    completion: float | None = extension()
    cached: float | None = extension()
    """For prompt tokens from the provider's cache."""


class ModelSettings(Wire):
    """Which settings of a run reach a model, as far as that is known before a request. An extension."""

    temperature: bool = True
    top_p: bool = True
    efforts: list[str] | None = extension()
    """The levels of `reasoning_effort`, from the least; empty if it takes none."""
    thinking_budgets: dict[str, int] | None = extension()
    """Tokens for thinking by effort, for a model that is given a budget instead of an effort."""
    response_format: str = "json_schema"
    """The strictest format: `json_schema`, `json_object` or `text`."""
    prompt_cache: bool = False
    """Whether the long part of a prompt is marked for the provider's cache, unless the assistant says otherwise."""


class Model(Wire):
    """A model that a run may use. A missing value is unknown, which is not "no"."""

    id: str
    object: str = "model"
    created: Timestamp = 0
    owned_by: str = ""
    name: str | None = extension()
    """The display name. An extension, as are all fields below."""
    context_length: int | None = extension()
    """Tokens."""
    output_limit: int | None = extension()
    """The limit of tokens for one answer."""
    aliases: list[str] | None = extension()
    """Other ids of the same model."""
    abilities: list[str] | None = extension()
    """Of `tools`, `vision`, `reasoning`, `streaming`, `files`, `structured_output`, `web_search`."""
    price: ModelPrice | None = extension()
    description: str | None = extension()
    connection: str | None = extension()
    """The name of the connection that offers it; none for a built-in model."""
    learned: list[str] | None = extension()
    """What refused requests have shown about it, in sentences."""
    inputs: list[str] | None = extension()
    """The content types of its messages: `text`, `image`, `file`, `audio`, `video`."""
    remark: str | None = extension()
    """What a user should know before choosing it, in a few words."""
    tools_off: str | None = extension()
    """Why it is offered no hosted tools by runs with `hosted_tools: auto`, in a few words; none if it is offered them."""
    settings: ModelSettings | None = extension()


class ModelSource(Wire):
    """The source of a connection's models, and its age. An extension."""

    connection: str
    source: str = "live"
    """`live` (fetched by this engine), `cache` (by an earlier one), `snapshot` (shipped with the program), or `none`."""
    as_of: Timestamp | None = extension()
    """When the list was fetched, or the snapshot made."""
    problem: str | None = extension()
    """Why the last attempt to fetch the list failed, as a sentence; the models are those of an earlier list."""
    count: int = 0
    """The number of this connection's models."""


class ModelPage(Page[Model]):
    """All models: the list has no pages."""

    sources: list[ModelSource] | None = extension()
    """One for each connection, the default one first."""


NO_MODELS = "models_unavailable"
"""The error code when no connection lists models."""
NO_ANSWER = "models_unreachable"
"""The error code when that is so because nothing answers at the endpoint."""


class ListModels(Params):
    """GET /models."""

    refresh: bool | None = None
    """True fetches the lists again. An extension."""
