"""What an endpoint or model does not support: known quirks and those learned from refusals."""
