"""Conversations that other programs saved, and those that this one saves for others."""
