"""Ids of the choices in the guides that the screen knows by name."""

from __future__ import annotations

SET_UP = "set-up"
"""Opens the Connect screen."""
LOOK_AROUND = "look-around"
"""Takes the offline model."""
STARTER = "starter:"
"""Choices that send a message begin with this; its number follows."""
