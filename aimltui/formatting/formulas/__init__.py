"""Formulas in LaTeX, found in text and written in Unicode."""
