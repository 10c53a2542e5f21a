"""The user's functions: Python files and JSON schemas in a folder."""
