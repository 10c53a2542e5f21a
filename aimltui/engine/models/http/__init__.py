"""HTTP client for model endpoints: requests, responses, event streams."""
