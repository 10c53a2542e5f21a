"""Puts a recording and the screen together."""

from __future__ import annotations

import argparse
from pathlib import Path

from aimltui.bootstrap.screen import show
from aimltui.common.errors import AimltuiError
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.recordings import BadRecording, read
from aimltui.tui.storage.drafts import DraftStore
from aimltui.tui.storage.model_marks import ModelMarks


def replay_startup(text: str, folder: Path, speed: float, theme: str | None) -> Startup:
    """Return what the app needs to play a recording.

    Args:
        text: The recording.
        folder: An empty folder for drafts and the log, which is deleted afterwards.
        speed: 1 for its own pace.
        theme: The name of a theme; None follows the terminal.

    Raises:
        AimltuiError: It is no recording.
    """
    try:
        recording = read(text)
    except BadRecording as error:
        raise AimltuiError(f"The recording cannot be played. {error}") from error

    async def connect() -> Connected:
        from aimltui.client.client import AssistantsClient
        from aimltui.client.replay import ReplayTransport

        return Connected(
            client=AssistantsClient(ReplayTransport(recording, speed)),
            endpoint="replay",
            default_model=recording.run.model,
            has_tool_switch=False,
        )

    return Startup(
        connect=connect,
        drafts=DraftStore(folder / "drafts"),
        marks=ModelMarks(folder / "models.json"),
        theme=theme or "auto",
        thread_id=recording.run.thread_id,
        alerts="off",
    )


def show_recording(text: str, folder: Path, speed: float, theme: str | None) -> int:
    """Play a recording on the screen; returns the exit status.

    Raises:
        AimltuiError: It is no recording.
    """
    startup = replay_startup(text, folder, speed, theme)
    return show(argparse.Namespace(data_dir=folder, api_key_env=None), startup)
