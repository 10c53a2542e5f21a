"""Programs as people wrote them for the Assistants API; only base URL and key come from outside."""
