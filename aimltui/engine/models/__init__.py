"""Chat models: whatever answers a list of chat messages."""
