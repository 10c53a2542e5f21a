"""The engine's database: SQLite behind one writer thread."""
