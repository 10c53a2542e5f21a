"""The screens and modals."""
