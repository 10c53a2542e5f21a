"""The Agent Client Protocol: an assistant as the agent of an editor."""
