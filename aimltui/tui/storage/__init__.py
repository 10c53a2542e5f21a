"""What the screen writes to the disk: drafts, model marks, files that the user saves."""
