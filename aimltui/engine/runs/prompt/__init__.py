"""What a run's model is shown: instructions, history, attachments, within the context window."""
