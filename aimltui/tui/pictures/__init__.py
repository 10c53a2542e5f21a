"""Pictures: decoding in a process with limits, and what terminals need to draw them."""
