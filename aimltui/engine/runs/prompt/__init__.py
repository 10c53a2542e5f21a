"""Builds a model request: instructions, history, attachments, within the context window."""
