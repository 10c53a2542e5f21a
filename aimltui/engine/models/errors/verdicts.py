"""What an HTTP status and a server's words mean, and what the user can do about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aimltui.engine.models.base import ErrorCode
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.redaction import clip, presentable
from aimltui.engine.models.errors.body import ServerWords

KEY_REMEDY = (
    "Enter the key under Connections (ctrl+p), or set AIMLAPI_API_KEY (AI/ML API), OPENAI_API_KEY (OpenAI) or the "
    "variable that --api-key-env names, and start again."
)
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
_LONG = ("context length", "context_length", "context window", "too many tokens", "prompt is too long")
_NO_MODEL = re.compile(
    r"model_not_found|no endpoints found|no longer supported"
    r"|\bmodel\b[^.]{0,80}(?:not exist|not found|not available|not supported|unknown|invalid\b|have access|deprecated)"
    r"|(?:unknown|invalid|no such|unsupported) model\b"
)
_WRAPPED = re.compile(
    r"\b(?:status(?:code)?|code)\W{0,4}(?:code\W{0,4})?4(?:00|04|13|22)\b|\b4(?:00|22)\W{1,3}bad request"
    r"|bad request|invalid_request_error|validation error|invalid enum value|unsupported (?:value|parameter)"
    r"|context length"
)


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to be explained."""

    endpoint: Endpoint
    model: str
    status: int
    words: ServerWords
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def host(self) -> str:
        """Host as shown."""
        return self.endpoint.host

    @property
    def keys_page(self) -> str:
        """Where this provider's keys are, as a sentence; may be empty."""
        return keys_page(self.endpoint)

    @property
    def billing_page(self) -> str:
        """Where this provider's balance is topped up."""
        if self.endpoint.is_aimlapi:
            return " at https://aimlapi.com/app/billing"
        return (
            " at https://platform.openai.com/settings/organization/billing"
            if self.endpoint.is_openai
            else " there"
        )

    def has(self, *marks: str) -> bool:
        """Whether the server's words contain any of these."""
        return any(mark in self.words.marks for mark in marks)


def keys_page(endpoint: Endpoint) -> str:
    """Where a known provider's keys are, as a sentence with a blank before it; else empty."""
    if endpoint.is_aimlapi:
        return " Keys are at https://aimlapi.com/app/keys."
    return " Keys are at https://platform.openai.com/api-keys." if endpoint.is_openai else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened, in words that follow the host's name."""

    what: str
    """Completes "<host> ...", without a full stop."""
    remedy: str
    code: ErrorCode = "server_error"
    retryable: bool = False


def is_wrapped_refusal(case: Case) -> bool:
    """Whether a 500 is only the wrapping of a refusal by the provider behind: repeating it is pointless."""
    return case.status == 500 and _WRAPPED.search(case.words.marks) is not None


def judge(case: Case) -> Verdict:
    """Explains an answer by its status and words."""
    if 300 <= case.status < 400:
        return _redirect(case)
    explain = _BY_STATUS.get(case.status)
    if explain is not None:
        return explain(case)
    if case.status >= 500:
        return _server(case)
    return Verdict(
        f"refused the request (HTTP {case.status})",
        "Check the base URL and the model; the server's words may tell more.",
    )


def _parameters(case: Case) -> Verdict:
    if case.has(*_LONG):
        return Verdict(
            f"says that the conversation is too long for {_model(case)}",
            "Begin a new thread, or choose a model with a longer context.",
            "invalid_prompt",
        )
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    if case.has("content_filter", "content management policy", "safety system", "content policy"):
        return Verdict(
            "refused the message because of its content rules",
            "Say it differently, or try another model.",
            "invalid_prompt",
        )
    if case.has("incorrect api key", "invalid api key", "api key not valid", "api_key_invalid"):
        return _key(case)
    return Verdict(
        f"refused the request as invalid (HTTP {case.status}): {_model(case)} does not take what was sent",
        "Try another model, or change the assistant's settings that the server names.",
        "invalid_prompt",
    )


def _key(case: Case) -> Verdict:
    if not case.endpoint.api_key:
        return Verdict("wants an API key and none is set", KEY_REMEDY + case.keys_page)
    if case.has("member of an organization"):
        return Verdict(
            "says that this key's account belongs to no organization",
            "Ask for an invitation to one, or use the key of another account." + case.keys_page,
        )
    if re.search(r"\bip\b[^.]{0,60}(?:not authorized|not allowed|allowlist|whitelist)", case.words.marks):
        return Verdict(
            "does not take this key from this network address",
            "Use an address that the key's project allows, or change the list of allowed ones there.",
        )
    return Verdict(
        "did not accept the API key: it is wrong, expired or for another service",
        "Check the key under Connections (ctrl+p), and that it belongs to this host." + case.keys_page,
    )


def _forbidden(case: Case) -> Verdict:
    if case.has("spending limit", "key limit", "limit of this key"):
        return Verdict(
            "says that this key's own spending limit is reached",
            "Raise the key's limit, or use another key." + case.keys_page,
        )
    if case.status == 402 or case.has(*_MONEY):
        return Verdict(
            "says that the account has run out of credit", f"Top up the balance{case.billing_page}."
        )
    if case.status == 451 or case.has("country", "region", "territory"):
        return Verdict(
            "does not serve this country or region", "Choose the connection of another provider (ctrl+p)."
        )
    if case.has("scope", "management key"):
        return Verdict(
            "does not let this key do that: its scopes do not contain it",
            "Use an ordinary key, or widen the scopes of this one." + case.keys_page,
        )
    return Verdict(
        f"does not allow this key to use {_model(case)}",
        "Choose another model, or give the key the permission." + case.keys_page,
    )


def _missing(case: Case) -> Verdict:
    if case.has(*_ENDPOINT_LIMIT):
        return Verdict(
            f"lists {_model(case)}, but has nobody behind it who could answer just now",
            "Choose another model with ctrl+L; the fault is the provider's, and trying again at once does not help.",
        )
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    path = urlsplit(case.endpoint.base_url).path.rstrip("/")
    hint = (
        "" if path.endswith(("/v1", "/v2", "/openai")) else " Most base URLs end in /v1; this one does not."
    )
    return Verdict(
        f"knows no {path}/chat/completions, or no model {_model(case)}",
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
            "says that the limit of the free tier is reached",
            f"Wait until its hour is over, or top up the balance{case.billing_page}.",
            "rate_limit_exceeded",
        )
    if case.has("request too large"):
        return Verdict(
            "says that the request is larger than this account may send in a minute",
            "Send a shorter message, begin a new thread, or choose another model.",
            "rate_limit_exceeded",
        )
    if case.has("per day", "(rpd)", "(tpd)", "daily"):
        return Verdict(
            "says that the account's limit for a day is reached",
            "Choose another model or connection; waiting a few seconds does not help.",
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
            "is answering as many requests of this account at once as it allows",
            "Wait for other answers to end, then send the message again.",
            "rate_limit_exceeded",
            retryable=True,
        )
    return Verdict(
        "gets too many requests from this account just now",
        "Wait a little and send the message again, or try another model.",
        "rate_limit_exceeded",
        retryable=True,
    )


def _too_big(case: Case) -> Verdict:
    return Verdict(
        "says that the request is too big", "Send a shorter message, or begin a new thread.", "invalid_prompt"
    )


def _again(case: Case) -> Verdict:
    why = "waited too long for the request" if case.status == 408 else "is busy with a conflicting request"
    return Verdict(why, "Send the message again.", retryable=True)


def _server(case: Case) -> Verdict:
    if is_wrapped_refusal(case):
        return replace(_parameters(case), retryable=False)
    if case.has("maintenance"):
        return Verdict(
            f"says that {_model(case)} is being maintained; the fault is not here",
            "Choose another model with ctrl+L, or try this one later.",
        )
    if case.status == 504 and case.has("generation timeout"):
        # to try it again would take, and may cost, the same once more
        return Verdict(
            f"stopped waiting for {_model(case)}, which thought for longer than the server allows (HTTP 504)",
            "Ask for less at once, let the model think less, or choose a faster one.",
        )
    if case.status == 503 and case.has("slow down"):
        return Verdict(
            "asks this account to slow down: its requests have become too many too quickly (HTTP 503)",
            "Send fewer messages for a quarter of an hour, or choose another model.",
            retryable=True,
        )
    if case.status == 504:
        return Verdict(
            "gave up waiting for the model (HTTP 504)",
            "Send the message again, ask for less at once, or try a faster model.",
            retryable=True,
        )
    if case.status in (502, 503, 529):
        return Verdict(
            f"is overloaded or down for the moment (HTTP {case.status}); the fault is not here",
            "Try again in a minute, or choose another model.",
            retryable=True,
        )
    return Verdict(
        f"failed on its own side (HTTP {case.status})",
        "Send the message again; if it happens again, try another model.",
        retryable=case.status not in (501, 505),
    )


def _redirect(case: Case) -> Verdict:
    target = presentable(case.headers.get("location", ""), case.endpoint.api_key, 200)
    where = f" to {target}" if target else ""
    return Verdict(
        f"sends the request on{where} (HTTP {case.status}), which was not followed: "
        "the key stays with the host that it was set for",
        "If you trust that address, make a connection to it (ctrl+p, Connections, or --base-url).",
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
