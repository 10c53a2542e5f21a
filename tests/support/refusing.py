"""What servers of `/chat/completions` have been seen to refuse, in their own words."""

from __future__ import annotations

from tests.support.peculiar import (
    FUNCTION,
    NAMED,
    PIXEL,
    SCHEMA,
    Peculiarity,
    bad,
    has_null,
    in_turn,
    only_responses,
    parts,
    refuses,
    roles,
)
from tests.support.scenes import flat_refusal, stream

_SYSTEM = {"instructions": "Be brief."}

REFUSALS: dict[str, Peculiarity] = {
    "system role, OpenAI's words": Peculiarity(
        refuses(
            lambda b: "system" in roles(b),
            bad("Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        ),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "system role, AI/ML API's words": Peculiarity(
        refuses(
            lambda b: "system" in roles(b),
            flat_refusal(400, "Invalid enum value. Expected 'user' | 'assistant', received 'system'; messages.0.role"),
        ),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "system role, a template's words in a 500": Peculiarity(
        refuses(lambda b: "system" in roles(b), bad("Jinja Exception: System role not supported", 500)),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "500 on the developer role": Peculiarity(
        refuses(lambda b: "developer" in roles(b), bad("Unexpected message role.", 500)), run=_SYSTEM
    ),
    "roles that must alternate": Peculiarity(
        refuses(
            lambda b: any(a == z for a, z in zip(roles(b), roles(b)[1:], strict=False)),
            bad("Conversation roles must alternate user/assistant/user/assistant/...", 500),
        ),
        says=("Hi", "Are you there?"),
        asked=2,
        learned={"alternate": True},
    ),
    "nulls": Peculiarity(refuses(has_null, bad("Body validation error")), run=_SYSTEM),
    "too many tokens, OpenAI's words": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 4096,
            bad("max_tokens is too large: 60000. This model supports at most 4096 completion tokens, whereas you "
                "provided 60000."),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 4096},
    ),
    "too many tokens, a range": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 8192,
            bad("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 8192},
    ),
    "too many tokens, with separators": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 32_768,
            bad("max_tokens: 60,000 > 32,768, which is the maximum allowed number of output tokens"),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 32_768},
    ),
    "too many tokens for this conversation": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 20_000,
            bad("'max_tokens' is too large: 60000. This model's maximum context length is 32768 tokens and your request "
                "has 12000 input tokens."),
        ),
        run={"max_completion_tokens": 60_000},
        asked=3,
        again=3,
    ),
    "max_tokens": Peculiarity(
        refuses(
            lambda b: "max_tokens" in b,
            bad("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.", param="max_tokens"),
        ),
        run={"max_completion_tokens": 500},
        asked=2,
        learned={"completion_tokens": True},
    ),
    "no limit at all": Peculiarity(
        refuses(lambda b: "max_tokens" not in b, bad("max_tokens: Field required", 422)),
        asked=2,
        learned={"needs_limit": True},
    ),
    "pictures, dasllama's words": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("model 'x' has no vision arm - start the server with an image mmproj for it to accept image_url parts"),
        ),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "one picture, which is broken": Peculiarity(
        refuses(lambda b: "image_url" in parts(b), bad("Unsupported image format: could not decode image_url", 500)),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        status="failed",
        text="",
        error="Unsupported image format",
    ),
    "a stream that broke, which is no refusal": Peculiarity(
        refuses(lambda b: b.get("stream"), bad("Unexpected end of stream from upstream", 500)),
        status="failed",
        text="",
        error="Unexpected end of stream",
    ),
    "temperature": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            bad("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
                "supported."),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "temperature and top_p, one after the other": Peculiarity(
        in_turn(
            (lambda b: "temperature" in b, bad("Unsupported parameter: 'temperature'")),
            (lambda b: "top_p" in b, bad("Unsupported parameter: 'top_p'")),
        ),
        run={"temperature": 0.2, "top_p": 0.9},
        asked=3,
        learned={"no_temperature": True, "no_top_p": True},
    ),
    "temperature and top_p together": Peculiarity(
        refuses(
            lambda b: "temperature" in b and "top_p" in b,
            bad("`temperature` and `top_p` cannot both be specified for this model."),
        ),
        run={"temperature": 0.2, "top_p": 0.9},
        asked=2,
        learned={"no_top_p": True},
    ),
    "parallel_tool_calls": Peculiarity(
        refuses(
            lambda b: "parallel_tool_calls" in b,
            bad("Unsupported parameter: 'parallel_tool_calls' is not supported with this model."),
        ),
        run={"tools": [FUNCTION], "parallel_tool_calls": False},
        asked=2,
        learned={"no_parallel": True},
    ),
    "a named tool, and any": Peculiarity(
        in_turn(
            (lambda b: isinstance(b.get("tool_choice"), dict), bad("tool_choice must be a string")),
            (lambda b: b.get("tool_choice") == "required", bad("tool_choice 'required' is not supported")),
        ),
        run={"tools": [FUNCTION], "tool_choice": NAMED},
        asked=3,
        learned={"choice": "auto"},
    ),
    "schemas, then JSON": Peculiarity(
        in_turn(
            (
                lambda b: b.get("response_format", {}).get("type") == "json_schema",
                bad("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
            ),
            (
                lambda b: b.get("response_format", {}).get("type") == "json_object",
                bad("response_format is not supported by this model"),
            ),
        ),
        run={"response_format": SCHEMA},
        asked=3,
        learned={"format": "text"},
    ),
    "an effort, with those that there are": Peculiarity(
        refuses(
            lambda b: b.get("reasoning_effort") not in (None, "low", "medium", "high"),
            bad("Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
                "'low', 'medium', and 'high'."),
        ),
        run={"reasoning_effort": "minimal"},
        asked=2,
        learned={"efforts": ["low", "medium", "high"]},
    ),
    "any effort": Peculiarity(
        refuses(lambda b: "reasoning_effort" in b, bad('"gemma3:1b" does not support thinking')),
        run={"reasoning_effort": "high"},
        asked=2,
        learned={"efforts": []},
    ),
    "streaming": Peculiarity(
        refuses(
            lambda b: b.get("stream"),
            bad("Unsupported value: 'stream' does not support true with this model. Supported values are: false."),
        ),
        asked=2,
        learned={"no_stream": True},
    ),
    "streaming, for those who did not show their passport": Peculiarity(
        refuses(
            lambda b: b.get("stream"),
            bad("Your organization must be verified to stream this model.", param="stream"),
        ),
        asked=2,
        learned={"no_stream": True},
    ),
    "stream_options": Peculiarity(
        refuses(lambda b: "stream_options" in b, bad("Extra inputs are not permitted: stream_options", 422)),
        asked=2,
        learned={"no_stream_options": True},
    ),
    "thinking without streaming": Peculiarity(
        in_turn(
            (lambda b: b.get("stream"), bad("Streaming is not supported for this model")),
            (
                lambda b: b.get("enable_thinking") is not False,
                bad("parameter.enable_thinking must be set to false for non-streaming calls"),
            ),
        ),
        asked=3,
        learned={"no_stream": True, "no_thinking": True},
    ),
    "pictures": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("Invalid content type. image_url is only supported by certain models."),
        ),
        says=([{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "pictures, llama.cpp's words": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 500),
        ),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "contents that are no string": Peculiarity(
        refuses(
            lambda b: any(not isinstance(m.get("content"), str) for m in b["messages"]),
            bad("messages.0.content: Expected string, received array"),
        ),
        says=([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "chat, since it is a model for responses": Peculiarity(
        only_responses(
            bad("This model is only supported in v1/responses and not in v1/chat/completions.", 404, param="model")
        ),
        run={"instructions": "Be brief.", "max_completion_tokens": 500},
        asked=2,
        learned={"responses": True},
    ),
    "a refusal inside of a stream": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            stream({"error": {"message": "temperature is not supported", "code": 400}}, done=False),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "a 400 wrapped in a 500": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            flat_refusal(500, 'Upstream error: {"status":400,"message":"Unsupported parameter: temperature"}'),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "everything, whatever is left out": Peculiarity(
        lambda _request: bad("temperature is not supported"),
        run={"temperature": 0.2},
        status="failed",
        text="",
        asked=2,
        again=2,
        error="temperature is not supported",
    ),
}  # fmt: skip
