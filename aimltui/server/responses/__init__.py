"""The Responses and Conversations APIs on the engine's store: a conversation is a thread, a response is a run."""
