"""A process that is killed while it indexes and uploads leaves nothing that the next cannot finish."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from aimltui.wire.files import ListFiles
from tests.support.builders import bounded, opened
from tests.support.terminal import ROOT
from tests.unit.engine.files.test_indexer import count, found_files, indexed, now, stored

PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.support.builders import opened
from tests.unit.engine.files.test_indexer import LONG, count, kept, stored

async def main():
    async with opened(Path(sys.argv[1])) as engine:
        store = await stored(engine, *[await kept(engine, LONG) for _ in range(3)])
        engine.new_file_path().write_text("half of a file")
        while count(engine, "chunks") < 200:
            await asyncio.sleep(0.001)
        print(store.id, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_process_is_finished_by_the_next(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    store_id = (await bounded(process.stdout.readline())).decode().strip()
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with opened(tmp_path) as engine:
        assert not list((tmp_path / "files" / "incoming").iterdir())
        store = (await stored(engine)).model_copy(update={"id": store_id})
        begun = (await now(engine, store)).file_counts
        assert begun.total == 3
        assert begun.in_progress > 0
        assert (await indexed(engine, store)).file_counts.completed == 3
        assert await found_files(engine, store) == 3
        whole = count(engine, "chunks")
        again = await stored(engine, *(await engine.files.list_files(ListFiles())).data)
        await indexed(engine, again)
        # what the dead process had written of a file is not there twice
        assert count(engine, "chunks") == 2 * whole
        assert not count(engine, "chunk_waste")
