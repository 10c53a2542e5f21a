"""Each word of a passage that several chunks make knows its page."""

from __future__ import annotations

import json
import random
import threading

import pytest

from aimltui.engine.extraction.chunks import split
from aimltui.engine.extraction.document import PAGE, Writer
from aimltui.engine.extraction.limits import budget
from aimltui.engine.store.search.merging import Merged
from aimltui.engine.store.search.ranking import Candidate
from aimltui.engine.tools.base import FoundPassage


@pytest.mark.parametrize("overlap", [0, 20, 50])
def test_a_quote_names_its_page_wherever_the_chunks_were_cut(overlap: int) -> None:
    dice = random.Random(overlap)
    writer = Writer(budget(20, threading.Event()))
    for page in range(1, 60):
        writer.at(PAGE, page)
        words = [f"w{page}x{number}y" for number in range(dice.choice((1, 3, 8, 90)))]
        writer.write(" ".join(words) + "\n")
    document = writer.document()
    chunks: list[Candidate] = []
    end = 0
    for number, chunk in enumerate(split(document.text, 100, overlap)):
        start = end - chunk.overlap
        end = start + len(chunk.text)
        places, place = document.places(start, end), document.place(start, end)
        stored = json.dumps(places) if places else ""
        chunks.append(Candidate(number, 1, number, chunk.overlap, chunk.text, "", place, stored))
    assert len(chunks) > 10
    for first in range(len(chunks) - 2):
        merged = Merged(chunks[first : first + 3], 1.0)
        passage = FoundPassage("file", "a.pdf", merged.text, 1.0, merged.place, merged.places)
        for word in merged.text.split()[1:-1]:
            assert passage.place_of(word) == f"page {word[1 : word.index('x')]}"
        assert passage.place_of("elsewhere") == merged.place
