"""Chat completions answered by saved assistants."""
