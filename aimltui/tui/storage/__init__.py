"""What the screen saves on the disk: drafts, model marks, files the user saves."""
