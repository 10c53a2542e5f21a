"""Questions about the user's account at an endpoint: key check and balance."""
