"""The screen's data and what is computed from it: plain Python without Textual and without I/O."""
