"""The processes that confine an interpreter session, as seen from outside."""
