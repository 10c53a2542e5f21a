"""Scenes of the contact sheet that the tests do not take: panels whose look other scenes judge already."""

from tests.snapshot.scenes import Scene

SHEET_SCENES: tuple[Scene, ...] = ()
