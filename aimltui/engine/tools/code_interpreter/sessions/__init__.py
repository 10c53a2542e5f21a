"""Interpreter sessions: one per thread, with their cells and events."""
