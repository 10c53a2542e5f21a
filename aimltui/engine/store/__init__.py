"""The engine's memory: SQLite behind one writer thread."""
