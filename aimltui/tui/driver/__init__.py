"""The terminal driver: reads keys, mouse and pastes from the terminal, and sets the terminal up and back."""
