"""A remote MCP server that wants a login, and its authorization server, which a test holds in its hand: no network."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from aimltui.local_tools.mcp.logins import Login, login_from
from tests.support.mcp_server import ScriptedServer

HOME, AUTH = "https://mcp.example", "https://login.example"


class MemoryLogins:
    """Saves logins as text, as the key file does; bound to name and origin."""

    def __init__(self) -> None:
        self.saved: dict[tuple[str, str], str] = {}

    def load(self, name: str, url: str) -> Login | None:
        text = self.saved.get((name, urlsplit(url).netloc))
        return login_from(text) if text else None

    def save(self, name: str, url: str, login: Login) -> str:
        self.saved[name, urlsplit(url).netloc] = login.text()
        return "in memory"

    def delete(self, name: str, url: str) -> None:
        self.saved.pop((name, urlsplit(url).netloc), None)


class GuardedServer(ScriptedServer):
    """Answers with 401 to requests without its present token; another origin hands tokens out."""

    def __init__(self, *, auth: str = AUTH) -> None:
        super().__init__()
        self.auth = auth
        self.named = auth
        """How the server names its authorization server."""
        self.token = ""
        """The access token that is valid now."""
        self.refresh = ""
        self.given = 0
        self.lifetime: int | None = 3600
        self.renews = True
        self.registers = True
        self.challenges: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        """What came to the token endpoint."""
        self.sent: list[httpx2.Request] = []
        """All requests, whatever their origin."""
        self.overrides: dict[str, Any] = {}
        """Changed values of the authorization server's metadata."""

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request; for `httpx2.MockTransport`."""
        self.sent.append(request)
        if str(request.url).startswith(f"{HOME}/mcp"):
            if not self.token or request.headers.get("authorization") != f"Bearer {self.token}":
                about = f'Bearer resource_metadata="{HOME}/.well-known/oauth-protected-resource/mcp"'
                return httpx2.Response(401, headers={"www-authenticate": about})
            return await self.over_http(request)
        return self._answer(request.url.path, request)

    def _answer(self, path: str, request: httpx2.Request) -> httpx2.Response:
        if path == "/.well-known/oauth-protected-resource/mcp":
            return httpx2.Response(
                200,
                json={
                    "resource": f"{HOME}/mcp",
                    "authorization_servers": [self.named],
                    "scopes_supported": ["all"],
                },
            )
        if path == "/.well-known/oauth-authorization-server":
            return httpx2.Response(200, json=self._metadata())
        if path == "/register" and not self.registers:
            return httpx2.Response(403, text="Ask an administrator.")
        if path == "/register":
            asked = json.loads(request.content)
            return httpx2.Response(
                201, json={**asked, "client_id": "c1", "client_secret": "s3cret-of-client"}
            )
        if path == "/token":
            return self._token(request)
        return httpx2.Response(200 if path == "/revoke" else 404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.auth,
            "authorization_endpoint": f"{self.auth}/authorize",
            "token_endpoint": f"{self.auth}/token",
            "registration_endpoint": f"{self.auth}/register",
            "revocation_endpoint": f"{self.auth}/revoke",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            **self.overrides,
        }

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: found[0] for name, found in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        if form["grant_type"] == "refresh_token":
            is_known = self.renews and form["refresh_token"] == self.refresh
        else:
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            is_known = self.challenges.get(form["code"]) == challenge
        if not is_known:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        self.given += 1
        self.token, self.refresh = f"access-token-{self.given}", f"refresh-token-{self.given}"
        body: dict[str, Any] = {
            "access_token": self.token,
            "token_type": "bearer",
            "refresh_token": self.refresh,
        }
        return httpx2.Response(200, json=body | ({"expires_in": self.lifetime} if self.lifetime else {}))

    def page(self, address: str, **more: str) -> str:
        """Where the login page sends a browser after the user has logged in."""
        asked = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], **more})}"
