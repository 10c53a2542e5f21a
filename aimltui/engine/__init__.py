"""What happens: the embedded Assistants engine."""
