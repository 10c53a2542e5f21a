"""The watched folder: a file decides about its assistant, and what it replaces is saved beside it."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.interchange.assistants import AssistantFolder, saved_assistants
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.assistant_files import AssistantFiles
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.wire.assistants import Assistant, ModifyAssistant
from aimltui.wire.threads import TRASHED_AT
from tests.support.builders import opened
from tests.support.fake_model import FakeModel

TEXT = 'name = "Tutor"\nmodel = "m"\ninstructions = "{}"\n'


def write(file: Path, instructions: str, time_s: int) -> None:
    file.write_text(TEXT.format(instructions))
    # a file system may give two quick writes the same time
    os.utime(file, (time_s, time_s))


async def test_a_file_decides_and_nothing_is_lost(tmp_path: Path) -> None:
    folder, file = tmp_path / "assistants", tmp_path / "assistants" / "tutor.toml"
    async with opened(tmp_path / "data", FakeModel()) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        watched = AssistantFolder(client, folder)

        async def one() -> Assistant:
            (found,) = await saved_assistants(client)
            return found

        # a folder that does not exist has no files
        assert await watched.refresh() == []
        folder.mkdir()
        write(file, "one", 1)
        assert await watched.refresh() == []
        made = await one()
        assert made.instructions == "one"
        write(file, "two", 2)
        assert await watched.refresh() == []
        assert (await one()).id == made.id
        assert (await one()).instructions == "two"
        # what is changed in the program holds until the file changes, also for another window
        await client.assistants.modify(ModifyAssistant(assistant_id=made.id, instructions="mine"))
        assert await watched.refresh() == []
        assert await AssistantFolder(client, folder).refresh() == []
        assert (await one()).instructions == "mine"
        write(file, "three", 3)
        (told,) = await watched.refresh()
        assert (await one()).instructions == "three"
        (beside,) = folder.glob("tutor.toml.before-*")
        assert beside.name in told
        assert 'instructions = "mine"' in beside.read_text()
        # a broken file is named with its line, once, and changes nothing
        file.write_text('name = "Tutor"\nmodel = 3 4\n')
        (told,) = await watched.refresh()
        assert told.startswith("The assistant in tutor.toml: It is not valid TOML")
        assert "line 2" in told
        assert await watched.refresh() == []
        assert (await one()).instructions == "three"
        # one that was deleted in the program does not come back by itself
        write(file, "four", 4)
        assert await watched.refresh() == []
        trashed = ModifyAssistant(assistant_id=made.id, metadata={TRASHED_AT: "1.0"})
        await client.assistants.modify(trashed)
        assert await AssistantFolder(client, folder).refresh() == []
        assert await saved_assistants(client) == []
        write(file, "five", 5)
        assert await watched.refresh() == []
        assert (await one()).instructions == "five"
        file.unlink()
        assert await watched.refresh() == []
        assert (await one()).instructions == "five"


async def test_the_screen_takes_over_what_changed_and_tells_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "tutor.toml"
    write(file, "one", 1)
    (tmp_path / "bad.toml").write_text('name = "Bad"\n')
    told: list[object] = []
    async with opened(tmp_path / "data", FakeModel()) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        directory = AssistantDirectory(client)
        files = AssistantFiles(AssistantFolder(client, tmp_path), directory, told.append)
        await files.refresh()
        assert [one.instructions for one in directory.saved] == ["one"]
        (notice,) = told
        assert isinstance(notice, NoticePosted)
        assert notice.text == "The assistant in bad.toml: The field model is missing."
        await files.refresh()
        assert told == [notice]
        # without a folder there is nothing to do
        await AssistantFiles(None, directory, told.append).refresh()
