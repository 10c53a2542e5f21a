"""The run inspector."""
