"""A session's directory: creation, listing and removal."""
