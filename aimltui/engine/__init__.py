"""The embedded engine: the Assistants API, runs, models and tools in this process."""
