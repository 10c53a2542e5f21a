"""The Connect form and the list of connections."""
