"""The main screen: thread list, transcript and prompt."""
