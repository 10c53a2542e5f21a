"""The tools that a run can call."""
