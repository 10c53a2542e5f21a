"""The Assistants API v2 as data: models, operations, ids, server-sent events."""
