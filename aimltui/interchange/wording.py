"""The sentences that say what an import will bring and what it has brought. Pure; nothing in them drives a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from aimltui.common.text import printable
from aimltui.interchange.report import CHANGED, Report
from aimltui.interchange.survey import Survey
from aimltui.interchange.writing import plural
from aimltui.wire.imports import CREATED, EXTENDED, PRESENT

_SHOWN = 10
_NAME = 60


def survey_lines(survey: Survey, names: Mapping[str, str]) -> Iterator[str]:
    """What an import will bring, and what it cannot.

    Args:
        survey: What was found.
        names: The formats' names, by id.
    """
    for format_id, count in survey.formats.items():
        told = [plural(count.threads, "conversation"), plural(count.messages, "message")]
        if count.branches:
            told.append(plural(count.branches, "other branch", "other branches"))
        yield f"{names.get(format_id, format_id)}: {', '.join(told)}."
    if survey.branches:
        yield "Other branches become separate threads."
    yield from _when(survey)
    yield from _already(survey)
    yield from _files(survey.files, survey.file_bytes, survey.missing_files)
    if survey.assistants or survey.loose_files:
        yield f"Also: {plural(survey.assistants, 'assistant')} and {plural(survey.loose_files, 'file')}."
    for title, note in survey.notes[:_SHOWN]:
        yield f"“{short(title)}”: {note}."
    yield from _skipped(survey, "cannot be imported")
    yield from _others(survey)


def report_lines(report: Report) -> Iterator[str]:
    """What an import has brought."""
    counts = report.outcomes
    told = [
        f"{plural(counts[outcome], 'thread')} {words}"
        for outcome, words in (
            (CREATED, "imported"),
            (CHANGED, "imported again, because messages had changed"),
            (EXTENDED, "updated with new messages"),
            (PRESENT, "already imported"),
        )
        if counts.get(outcome)
    ]
    yield ("; ".join(told) or "Nothing was imported") + "."
    yield from _files(report.files, None, report.missing_files)
    if report.assistants or report.loose_files:
        yield f"Also imported: {plural(report.assistants, 'assistant')} and {plural(report.loose_files, 'file')}."
    yield from _skipped(report, "not imported")


def short(text: str, length: int = _NAME) -> str:
    """A stranger's text on one line of bounded length, harmless to a terminal."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= length else line[: length - 1] + "…"


def size_text(count: int) -> str:
    """Bytes in words."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return plural(count, "byte")


def _when(survey: Survey) -> Iterator[str]:
    if survey.first is not None and survey.last is not None:
        first, last = _day(survey.first), _day(survey.last)
        yield f"From {first} to {last}." if first != last else f"Of {first}."
    if survey.undated:
        yield f"{plural(survey.undated, 'conversation')} without times: the messages will have none."


def _day(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%B %Y}"


def _already(survey: Survey) -> Iterator[str]:
    told = []
    if survey.present:
        told.append(f"{survey.present:,} are imported already and stay as they are")
    if survey.grown:
        told.append(f"{survey.grown:,} are imported already and will be updated")
    if told:
        yield f"Of these, {'; '.join(told)}."


def _files(count: int, size: int | None, missing: int) -> Iterator[str]:
    if count:
        yield (
            f"With {plural(count, 'file')}."
            if size is None
            else f"{plural(count, 'file')} ({size_text(size)}) will be imported too."
        )
    if missing:
        yield f"Missing from the export: {plural(missing, 'file')}. The messages keep the names."


def _skipped(told: Survey | Report, what: str) -> Iterator[str]:
    if not told.skipped_count:
        return
    yield f"{plural(told.skipped_count, 'item')} {what}:"
    for skipped in told.skipped[:_SHOWN]:
        name = (
            f"“{short(skipped.title)}” ({short(skipped.source_id)})"
            if skipped.title
            else short(skipped.source_id)
        )
        yield f"  {name}: {short(skipped.why, 200)}"
    if told.skipped_count > _SHOWN:
        yield f"  and {told.skipped_count - _SHOWN:,} more"


def _others(survey: Survey) -> Iterator[str]:
    if survey.other_count:
        named = ", ".join(short(path.rpartition("/")[2], 40) for path in survey.others[:5])
        more = ", …" if survey.other_count > 5 else ""
        yield f"{plural(survey.other_count, 'file')} without conversations in a known format: {named}{more}."
