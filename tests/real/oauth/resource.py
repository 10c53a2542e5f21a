"""An MCP server of the mcp package that lets in who holds a token of the authorization server."""

from __future__ import annotations

import sys
import time

import httpx2
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings

PORT, ISSUER = int(sys.argv[1]), sys.argv[2]
RESOURCE = f"http://127.0.0.1:{PORT}/mcp"
INSPECTOR = ("inspector", "inspector-secret-of-the-resource-server")


class Introspection:
    """Asks the authorization server about each token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the token allows; None if it is over or unknown."""
        async with httpx2.AsyncClient(auth=INSPECTOR, trust_env=False) as client:
            told = (
                await client.post(f"{ISSUER.rstrip('/')}/token/introspection", data={"token": token})
            ).json()
        if not told.get("active") or told["exp"] < time.time():
            return None
        audience = told.get("aud")
        return AccessToken(
            token=token,
            client_id=told["client_id"],
            scopes=told.get("scope", "").split(),
            expires_at=told["exp"],
            resource=audience[0] if isinstance(audience, list) else audience,
        )


auth = AuthSettings.model_validate(
    {
        "issuer_url": ISSUER,
        "resource_server_url": RESOURCE,
        "required_scopes": ["tools"],
        "validate_token_resource": True,
    }
)
server = MCPServer("guarded", token_verifier=Introspection(), auth=auth)


@server.tool()
def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(server.streamable_http_app(), host="127.0.0.1", port=PORT, log_level="warning")
