"""Web search and page fetch as tools beside the client."""
