"""The widgets, from the prompt to the transcript."""
