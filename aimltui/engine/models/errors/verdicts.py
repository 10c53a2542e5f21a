"""Explains an HTTP error by its status and the server's message, with what the user can do. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.models.base import ErrorCode
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.redaction import clip, presentable
from aimltui.engine.models.errors.body import ServerWords

_MONEY = (
    "credit",
    "balance",
    "insufficient_quota",
    "exceeded your current quota",
    "billing",
    "payment",
    "top up",
)
_ENDPOINT_LIMIT = ("no endpoints found", "no allowed providers")
_LONG = pattern(
    r"context[ _-](?:length|window|size)|maximum context|too many tokens|(?:prompt|input) is too long"
    r"|(?:input|prompt) (?:length|tokens?)[^.]{0,60}exceed"
)
_GATEWAY = pattern(r"\blitellm\.|no deployments available|no_db_connection")
_COOLDOWN = ("no deployments available", "cooldown", "cooling down")
_NO_MODEL = pattern(
    r"model_not_found|no endpoints found|no longer supported"
    r"|\bmodel\b[^.]{0,80}(?:not exist|not found|not available|not supported|unknown|invalid\b|have access|deprecated)"
    r"|(?:unknown|invalid|no such|unsupported) model\b"
)
_WRAPPED = pattern(
    r"\b(?:status(?:code)?|code)\W{0,4}(?:code\W{0,4})?4(?:00|04|13|22)\b|\b4(?:00|22)\W{1,3}bad request"
    r"|bad request|invalid_request_error|validation error|invalid enum value|unsupported (?:value|parameter)"
    r"|context[ _](?:length|size|window)"
)


@dataclass(frozen=True, slots=True)
class Case:
    """An error answer that needs an explanation."""

    endpoint: Endpoint
    model: str
    status: int
    words: ServerWords
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def host(self) -> str:
        """The host as shown to the user."""
        return self.endpoint.host

    @property
    def keys_page(self) -> str:
        """A sentence that names the provider's page of keys; may be empty."""
        return keys_page(self.endpoint)

    @property
    def billing_page(self) -> str:
        """Where the user can add credit, as the end of a sentence."""
        if self.endpoint.is_aimlapi:
            return " at https://aimlapi.com/app/billing"
        return (
            " at https://platform.openai.com/settings/organization/billing"
            if self.endpoint.is_openai
            else " there"
        )

    def has(self, *marks: str) -> bool:
        """Whether the server's message contains one of these words."""
        return any(mark in self.words.marks for mark in marks)


def keys_page(endpoint: Endpoint) -> str:
    """A sentence, after a space, that names a known provider's page of keys; empty for other providers."""
    if endpoint.is_aimlapi:
        return " Keys are at https://aimlapi.com/app/keys."
    return " Keys are at https://platform.openai.com/api-keys." if endpoint.is_openai else ""


def key_remedy(endpoint: Endpoint) -> str:
    """What to do where the endpoint wants a key and none is set."""
    variable = "AIMLAPI_API_KEY" if endpoint.is_aimlapi else "OPENAI_API_KEY" if endpoint.is_openai else ""
    way = f"set {variable} and start again" if variable else "then send the message again"
    return f"Enter the key under Connections (ctrl+p), {'or ' if variable else ''}{way}."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened and what to do about it."""

    what: str
    """Completes "<host> ...", without a full stop."""
    remedy: str
    code: ErrorCode = "server_error"
    retryable: bool = False


def is_wrapped_refusal(case: Case) -> bool:
    """Whether a status 500 only wraps the refusal of another provider: sending the request again does not help."""
    return case.status == 500 and _WRAPPED.search(case.words.marks) is not None


def is_too_long(words: ServerWords) -> bool:
    """Whether the message says that the conversation exceeds the model's context."""
    return _LONG.search(words.marks) is not None


def is_of_gateway(words: ServerWords) -> bool:
    """Whether a gateway reports the error of a provider, which it has asked several times already."""
    return _GATEWAY.search(words.marks) is not None


def judge(case: Case) -> Verdict:
    """Explain an error answer by its status and message."""
    if case.has("no_db_connection"):
        return _key(case)
    if case.has(*_COOLDOWN):
        return _cooldown(case)
    if case.has("litellm.authenticationerror", "litellm.permissiondeniederror"):
        return _gateway_key(case)
    if 300 <= case.status < 400:
        return _redirect(case)
    explain = _BY_STATUS.get(case.status)
    if explain is not None:
        return explain(case)
    if case.status >= 500:
        return _server(case)
    return Verdict(
        f"refused the request (HTTP {case.status})",
        "Check the base URL and the model; the server's message may say more.",
    )


def _parameters(case: Case) -> Verdict:
    if is_too_long(case.words):
        return Verdict(
            f"says that the conversation is too long for {_model(case)}",
            "Start a new thread, or choose a model with a longer context.",
            "invalid_prompt",
        )
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    if case.has("content_filter", "content management policy", "safety system", "content policy"):
        return Verdict(
            "refused the message because of its content policy",
            "Rephrase the message, or try another model.",
            "invalid_prompt",
        )
    if case.has("incorrect api key", "invalid api key", "api key not valid", "api_key_invalid"):
        return _key(case)
    return Verdict(
        f"rejected the request for {_model(case)} as invalid (HTTP {case.status})",
        "Try another model, or change the assistant's settings that the server names.",
        "invalid_prompt",
    )


def _key(case: Case) -> Verdict:
    if not case.endpoint.api_key:
        return Verdict("needs an API key, and none is set", key_remedy(case.endpoint) + case.keys_page)
    if case.has("member of an organization"):
        return Verdict(
            "says that this key's account belongs to no organization",
            "Get invited to an organization, or use the key of another account." + case.keys_page,
        )
    if re.search(r"\bip\b[^.]{0,60}(?:not authorized|not allowed|allowlist|whitelist)", case.words.marks):
        return Verdict(
            "does not accept this key from this IP address",
            "Connect from an allowed address, or change the allowed addresses in the key's project.",
        )
    return Verdict(
        "did not accept the API key: it is wrong, has expired or belongs to another service",
        "Check the key under Connections (ctrl+p), and that it belongs to this host." + case.keys_page,
    )


def _gateway_key(case: Case) -> Verdict:
    return Verdict(
        f"passed the request on, but the provider of {_model(case)} refused the gateway's own key",
        "Your key is accepted. Choose another model, or tell the gateway's operator.",
    )


def _cooldown(case: Case) -> Verdict:
    return Verdict(
        f"has paused {_model(case)} for all users for some seconds, because requests to its provider failed",
        "Wait a few seconds and send the message again, or choose another model.",
        retryable=True,
    )


def _forbidden(case: Case) -> Verdict:
    if case.has("spending limit", "key limit", "limit of this key"):
        return Verdict(
            "says that this key has reached its spending limit",
            "Raise the key's limit, or use another key." + case.keys_page,
        )
    if case.status == 402 or case.has(*_MONEY):
        return Verdict("says that the account has run out of credit", f"Add credit{case.billing_page}.")
    if case.status == 451 or case.has("country", "region", "territory"):
        return Verdict(
            "does not serve this country or region", "Choose a connection to another provider (ctrl+p)."
        )
    if case.has("scope", "management key"):
        return Verdict(
            "does not allow this request: the key lacks the scope for it",
            "Use an unrestricted key, or add the scope to this key." + case.keys_page,
        )
    return Verdict(
        f"does not allow this key to use {_model(case)}",
        "Choose another model, or grant the key access to it." + case.keys_page,
    )


def _missing(case: Case) -> Verdict:
    if case.has(*_ENDPOINT_LIMIT):
        return Verdict(
            f"lists {_model(case)}, but it is not being served right now",
            "Choose another model with ctrl+L. This is the provider's fault; trying again right away does not help.",
        )
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    path = urlsplit(case.endpoint.base_url).path.rstrip("/")
    hint = (
        "" if path.endswith(("/v1", "/v2", "/openai")) else " Most base URLs end in /v1; this one does not."
    )
    return Verdict(
        f"has no {path}/chat/completions, or no model {_model(case)}",
        f"Check the base URL and the model's id.{hint}",
    )


def _unknown_model(case: Case) -> Verdict:
    return Verdict(
        f"does not offer {_model(case)} to this key",
        "Choose another model with ctrl+L, or check the spelling of its id.",
    )


def _busy(case: Case) -> Verdict:
    if case.has("free-tier", "free tier", "free limit"):
        return Verdict(
            "says that the free tier's limit is reached",
            f"Wait for an hour, or add credit{case.billing_page}.",
            "rate_limit_exceeded",
        )
    if case.has("request too large"):
        return Verdict(
            "says that the request exceeds this account's limit per minute",
            "Send a shorter message, start a new thread, or choose another model.",
            "rate_limit_exceeded",
        )
    if case.has("per day", "(rpd)", "(tpd)", "daily"):
        return Verdict(
            "says that the account's daily limit is reached",
            "Choose another model or connection, or wait until tomorrow.",
            "rate_limit_exceeded",
        )
    if case.has(*_MONEY):
        return Verdict(
            "says that the account's quota is used up",
            f"Check the plan and the balance{case.billing_page}; waiting does not help.",
            "rate_limit_exceeded",
        )
    if case.has("concurren", "simultaneous", "parallel requests"):
        return Verdict(
            "does not allow more requests at the same time from this account",
            "Wait until other answers are complete, then send the message again.",
            "rate_limit_exceeded",
            retryable=True,
        )
    return Verdict(
        "says that this account's rate limit is reached",
        "Wait a moment and send the message again, or try another model.",
        "rate_limit_exceeded",
        retryable=True,
    )


def _too_big(case: Case) -> Verdict:
    return Verdict(
        "says that the request is too large",
        "Send a shorter message, or start a new thread.",
        "invalid_prompt",
    )


def _again(case: Case) -> Verdict:
    why = "waited too long for the request" if case.status == 408 else "is busy with a conflicting request"
    return Verdict(why, "Send the message again.", retryable=True)


def _server(case: Case) -> Verdict:
    if is_too_long(case.words) or is_wrapped_refusal(case):
        return replace(_parameters(case), retryable=False)
    if case.has("maintenance"):
        return Verdict(
            f"says that {_model(case)} is under maintenance",
            "Choose another model with ctrl+L, or try again later.",
        )
    if case.status == 504 and case.has("generation timeout"):
        # another try would take as long, and may cost as much
        return Verdict(
            f"stopped {_model(case)} because it took longer than the server allows (HTTP 504)",
            "Ask for less at once, lower the reasoning effort, or choose a faster model.",
        )
    if case.status == 503 and case.has("slow down"):
        return Verdict(
            "asks this account to slow down: its number of requests rose too quickly (HTTP 503)",
            "Send fewer messages for 15 minutes, or choose another model.",
            retryable=True,
        )
    if case.status == 504:
        return Verdict(
            "timed out waiting for the model (HTTP 504)",
            "Send the message again, ask for less at once, or try a faster model.",
            retryable=True,
        )
    if case.status in (502, 503, 529):
        return Verdict(
            f"is overloaded or down (HTTP {case.status})",
            "Try again in a minute, or choose another model.",
            retryable=True,
        )
    return Verdict(
        # programs written for OpenAI's service repeat a run whose error has these words
        f"says that the server had an error processing your request (HTTP {case.status})",
        "Send the message again; if it happens again, try another model.",
        retryable=case.status not in (501, 505),
    )


def _redirect(case: Case) -> Verdict:
    target = presentable(case.headers.get("location", ""), case.endpoint.api_key, 200)
    where = f" to {target}" if target else ""
    return Verdict(
        f"redirects the request{where} (HTTP {case.status}), which was not followed: "
        "the key is sent only to the host that it was set for",
        "If you trust that address, add a connection to it (ctrl+p, Connections, or --base-url).",
    )


def _model(case: Case) -> str:
    return clip(presentable(case.model, case.endpoint.api_key), 80) or "this model"


_BY_STATUS: Mapping[int, Callable[[Case], Verdict]] = {
    400: _parameters,
    401: _key,
    402: _forbidden,
    403: _forbidden,
    404: _missing,
    408: _again,
    409: _again,
    413: _too_big,
    422: _parameters,
    425: _again,
    429: _busy,
    451: _forbidden,
}
