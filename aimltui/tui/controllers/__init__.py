"""What the screens steer: controllers without widgets."""
