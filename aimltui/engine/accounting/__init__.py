"""Tokens, cost and budget computations without I/O."""
