"""MCP servers as sources of tools. Only `session` imports the mcp package, and it is imported late."""
