"""The Code Interpreter: runs a model's Python in a sandbox on the user's machine."""
