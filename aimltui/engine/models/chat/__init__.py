"""Chat requests to a model and the parsing of its streamed answers."""
