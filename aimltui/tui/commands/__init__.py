"""The command table, and what is derived from it: key bindings, palette, footer, help."""
