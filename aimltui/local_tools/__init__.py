"""Tools that run beside the client, not in the engine: the user's functions and MCP servers."""
