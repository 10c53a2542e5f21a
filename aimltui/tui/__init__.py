"""What one sees: the Textual application."""
