"""An endpoint's address and its key, redacted wherever it could be shown."""
