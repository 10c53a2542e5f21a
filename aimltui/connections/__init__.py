"""Connections: where their keys are kept, how they are tried, and what the screen does with them."""
