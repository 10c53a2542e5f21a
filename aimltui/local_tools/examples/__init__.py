"""Functions of the offline demo."""
