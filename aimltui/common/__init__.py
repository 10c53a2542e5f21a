"""The ground everything stands on: it imports nothing else of this program."""
