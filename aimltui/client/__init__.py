"""How one talks to any server of the Assistants API."""
