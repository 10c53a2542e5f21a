"""Ranking of passages: what a query asks for, which chunks have it, in which order they are returned."""
