"""The engine's API operations, one module per resource."""
