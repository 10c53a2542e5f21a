"""A full-screen terminal client for AI assistants, with its own Assistants API v2 engine."""

__version__ = "0.1.0"
