"""What is on the screen, as plain Python without Textual."""
