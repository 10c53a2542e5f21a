"""The settings file and the program's directories."""
