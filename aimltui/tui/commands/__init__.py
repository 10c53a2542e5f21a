"""The command table, and the keys, palette entries and help derived from it."""
