"""Refusals: the API's error object, and one exception for each status."""

from __future__ import annotations

from typing import ClassVar

from aimltui.wire.base import JSONObject, Wire


class ErrorObject(Wire):
    """The inner object of an error body, and the data of an `error` event."""

    message: str
    type: str = "server_error"
    param: str | None = None
    code: str | None = None


class APIError(Exception):
    """The server refused a request.

    Attributes:
        message: The server's sentence.
        type: `invalid_request_error`, `server_error`, ...
        code: A code for programs, if any.
        param: The parameter at fault, if any.
        request_id: The server's `x-request-id`, if any.
    """

    status: int = 500
    default_type: ClassVar[str] = "server_error"

    def __init__(
        self,
        message: str,
        *,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.type = type or self.default_type
        self.code = code
        self.param = param
        self.request_id = request_id
        if status is not None:
            self.status = status

    def to_json(self) -> JSONObject:
        """Return the body: `{"error": {...}}`."""
        return {
            "error": ErrorObject(
                message=self.message, type=self.type, param=self.param, code=self.code
            ).to_json()
        }


class BadRequest(APIError):
    """400: validation, a locked thread, a wrong state."""

    status = 400
    default_type = "invalid_request_error"


class Unauthorized(APIError):
    """401: no key, or a wrong one."""

    status = 401
    default_type = "invalid_request_error"


class Forbidden(APIError):
    """403."""

    status = 403
    default_type = "invalid_request_error"


class NotFound(APIError):
    """404: no such object."""

    status = 404
    default_type = "invalid_request_error"


class Conflict(APIError):
    """409."""

    status = 409
    default_type = "invalid_request_error"


class TooLarge(APIError):
    """413."""

    status = 413
    default_type = "invalid_request_error"


class RateLimited(APIError):
    """429."""

    status = 429
    default_type = "rate_limit_exceeded"


class ServerError(APIError):
    """500 and above."""

    status = 500


_BY_STATUS: dict[int, type[APIError]] = {
    kind.status: kind
    for kind in (BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, RateLimited, ServerError)
}


def error_from_body(status: int, body: object, request_id: str | None = None) -> APIError:
    """Return the exception for an answer with an error status; reads nested, flat and empty bodies."""
    inner: object = body.get("error", body) if isinstance(body, dict) else None
    fields = inner if isinstance(inner, dict) else {}
    message = fields.get("message") if fields else inner if isinstance(inner, str) else None
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else APIError)
    return kind(
        str(message or f"The server answered with status {status} and no explanation."),
        type=_text(fields.get("type")),
        code=_text(fields.get("code")),
        param=_text(fields.get("param")),
        status=status,
        request_id=request_id,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
