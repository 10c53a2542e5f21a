"""The Code Interpreter: a model's Python in a jail on the user's machine."""
