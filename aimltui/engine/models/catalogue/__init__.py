"""Lists of models: fetched, parsed, cached, and shipped as a snapshot."""
