"""ModelPicker: the list of models with a search box, under the header."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal, Protocol

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut, wrapped
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, TALL, SearchSheet
from aimltui.tui.state.model_columns import LEGEND, abilities_in_words
from aimltui.tui.state.model_offer import ModelOffer
from aimltui.tui.state.model_rows import Key, typed_id
from aimltui.tui.state.model_words import ModelRow, SourceRow, facts_of, source_in_words, title_of
from aimltui.tui.widgets.model_list import ModelLine, ModelList
from aimltui.tui.widgets.pick_list import PickList, PickRow

_DETAIL_LINES = 3
_ROOMY = 30
"""Lines of the screen from which there is room for the details, and for empty lines."""
_BREAKPOINTS = [(0, "-short"), (TALL, "-tall"), (_ROOMY, "-roomy")]
_MOST_LINES = 48
_TYPED = "typed"
_WIDE = 110
"""Columns of the screen from which the keys have long labels."""
_WIDTH = 100
"""Cells of a wide panel."""
_MOST_TYPED = 3
"""The most connections for which a typed id is offered."""


class Marks(Protocol):
    """Recent models and favourites; see `controllers.settings_writer.MarkKeeper`."""

    @property
    def recent(self) -> Sequence[Key]:
        """The latest first."""
        ...

    @property
    def favourites(self) -> Sequence[Key]:
        """In the order in which they were marked."""
        ...

    def toggle_favourite(self, key: Key) -> object:
        """Make a model a favourite, or undo that."""
        ...


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that the user chose."""

    id: str
    connection: str
    """Empty for the built-in model, and for a single connection without a name."""
    scope: Literal["thread", "assistant"] = "thread"


class ModelPicker(SearchSheet):
    """Lets the user search the models, or type an id. The result is the model's id, or None.

    Args:
        ask: Called to load the list again; the answer, at once or later, is a call of `show_offer`.
        chosen: Called with the choice, before the screen closes.
        offer: The models that are known already.
        current: Connection and id of the model in use.
        marks: Recent models and favourites.
        connections: The connections, the one of the open thread first; a typed id may belong to any of them.
        assistant: The name of the assistant whose default the model can become.
        clock: Returns Unix seconds.
        is_asked: Whether the list is being loaded already.
    """

    IS_WIDE = True
    VERTICAL_BREAKPOINTS = _BREAKPOINTS
    SCROLLS = ""
    ROW_ACTIONS = SearchSheet.ROW_ACTIONS | {"make_default", "favourite"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "refresh", show=False, priority=True),
        Binding("ctrl+f", "favourite", show=False, priority=True),
        Binding("ctrl+s", "make_default", show=False, priority=True),
        # the key that opens the picker closes it
        Binding("ctrl+l", "cancel", show=False, priority=True),
    ]

    def __init__(
        self,
        ask: Callable[[], object],
        chosen: Callable[[ModelChoice], object],
        *,
        offer: ModelOffer | None = None,
        current: Key = ("", ""),
        marks: Marks | None = None,
        connections: Sequence[str] = (),
        assistant: str = "",
        clock: Callable[[], float] = time.time,
        is_asked: bool = False,
    ) -> None:
        name = cut(clean_line(assistant), 24)
        keys: tuple[FooterItem, ...] = (
            FooterItem("enter", "Use", "pick"),
            FooterItem("ctrl+s", "Default", "make_default"),
            FooterItem("ctrl+f", "Favourite", "favourite"),
            FooterItem("ctrl+r", "Refresh", "refresh"),
            CLOSE,
        )
        if not name:
            # there is nothing whose default it could become
            keys = tuple(key for key in keys if key.action != "make_default")
        super().__init__("Models", "search models, or type an id", keys)
        told = (
            replace(keys[0], label="Use here"),
            replace(keys[1], label=f"Make it {name}'s default"),
        )
        self._wide_keys = (*told, *keys[2:]) if name else keys
        self.pick_list = ModelList()
        self._ask = ask
        self._chosen = chosen
        self._offer = offer or ModelOffer()
        self._current = current
        self._marks = marks
        self._connections = tuple(connections) or ("",)
        self._clock = clock
        self._is_asked = is_asked
        self._state_lines = 0
        """Lines of the state besides its first one."""
        self._all: list[PickRow | str] = []
        self._lines: dict[Key, ModelLine] = {}
        self._state = Static("", classes="models-state", markup=False)
        self._problem = Static("", classes="sheet-problem", markup=False)
        self._head = Static("", classes="models-head", markup=False)
        self._detail = Static("", classes="models-detail", markup=False)

    @property
    def model_list(self) -> ModelList:
        """The list."""
        assert isinstance(self.pick_list, ModelList)
        return self.pick_list

    def body(self) -> Sequence[Widget]:
        """Search box, sources, problems, headings, list, details of the row under the cursor."""
        self._problem.display = False
        return self.search_box, self._state, self._problem, self._head, self.pick_list, self._detail

    def on_mount(self) -> None:
        """Show what is known already."""
        self._prepare()
        self._show_state()
        self.show_lines()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns for the new width."""
        self.call_after_refresh(self._show_widths)

    def fit(self, size: Size) -> None:
        """Choose the keys' labels, and limit the list."""
        super().fit(size)
        self.show_keys(self._wide_keys if size.width >= _WIDE else self._keys)
        self._limit_list()

    def _limit_list(self) -> None:
        """Give the list all lines that are left, so that nothing moves while the user types."""
        height = self.app.size.height
        around = self.frame_lines(height) + (1 if height < TALL else 7 if height < _ROOMY else 10)
        width = max(20, min(_WIDTH, self.app.size.width) - 8)
        shown = self._problems() if self._problem.display else ()
        around += self._state_lines + sum(len(wrapped(problem, width)) for problem in shown)
        self.pick_list.styles.height = max(1, min(_MOST_LINES, height - around, len(self._all)))

    def _show_widths(self) -> None:
        self._head.update(Content(self.model_list.columns.head()))
        self._show_detail()
        self._show_state()

    # The models

    def show_offer(self, offer: ModelOffer) -> None:
        """Show these models; the cursor stays on its row."""
        self._is_asked = False
        if offer.problem and not offer.rows:
            offer = ModelOffer(self._offer.rows, self._offer.sources, offer.problem)
        self._offer = offer
        self._prepare()
        self._show_state()
        self._fill(is_new=False)

    def _prepare(self) -> None:
        """Build all lines once; a search only selects from them."""
        self.model_list.set_models(self._offer.index)
        self._lines = {row.key: self._line(row, "") for row in self._offer.rows}
        self._all = self._sections()
        self._head.update(Content(self.model_list.columns.head()))

    def note_asking(self) -> None:
        """Show that the list is being loaded."""
        self._is_asked = True
        self._show_state()

    def _show_state(self) -> None:
        now, sources = self._clock(), self._offer.sources
        told = [source for source in sources if source.source != "none" or not source.problem]
        width = self._state.content_size.width or 60
        parts = [source_in_words(source, _month(source), now) for source in told]
        if len(parts) > 1 and cell_len("   ".join(parts)) > width:
            total = plural(sum(source.count for source in told), "model")
            parts = [f"{total} from {len(parts)} connections"]
        if self._is_asked:
            parts.append("asking…" if parts else "asking for the models…")
        elif not sources and not self._offer.rows and not self._offer.problem:
            parts.append("no models listed; type a model's id")
        problems = self._problems()
        if len(sources) == len(parts) == len(problems) == 1 and not self._offer.problem:
            # the list is usable, so one calm line says both
            parts, problems = [f"{parts[0]} · {clean_line(sources[0].problem)}"], []
        text = clean_line("   ".join(parts) or plural(len(self._offer.rows), "model"))
        is_merged = bool(self._problems()) and not problems
        self._state.update(Content(text if is_merged else cut(text, width)))
        self._state_lines = len(wrapped(text, width)) - 1 if is_merged else 0
        self._problem.update(Content("\n".join(problems)))
        self._problem.display = bool(problems)
        self._limit_list()

    def _problems(self) -> list[str]:
        """A line for each connection that failed."""
        found = [f"{source.connection}: {source.problem}" for source in self._offer.sources if source.problem]
        found += [self._offer.problem] if self._offer.problem else []
        return [clean_line(problem) for problem in found]

    # The list

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        self._fill(is_new=True)

    def _fill(self, *, is_new: bool) -> None:
        query = self.search_box.value.strip()
        lines, letters = self._found(query) if query else (self._all, "")
        remark = "" if lines or self._is_asked else "The endpoint lists no models. Type a model's id."
        if is_new or self.pick_list.cursor_row is None:
            current = (line.id for line in lines if isinstance(line, PickRow) and line.is_current)
            at = "" if query else next(current, "")
            self.pick_list.set_lines(lines, query=letters, remark=remark, at=at)
        else:
            self.model_list.replace_lines(lines, query=letters, remark=remark)
        self._show_detail()

    def _sections(self) -> list[PickRow | str]:
        marks = self._marks
        recent = marks.recent if marks is not None else ()
        favourites = marks.favourites if marks is not None else ()
        lines: list[PickRow | str] = []
        for section in self._offer.index.sections(recent, favourites):
            if section.title:
                lines += [""] if lines else []
                lines.append(section.title)
            lines += [self._line(row, section.title) for row in section.rows]
        return lines

    def _found(self, query: str) -> tuple[list[PickRow | str], str]:
        """The lines for a query, and the letters to highlight in them."""
        rows, text = self._offer.index.find(query)
        lines: list[PickRow | str] = [self._lines[row.key] for row in rows]
        count = len(self._offer.rows)
        if not lines and count:
            lines.append(f"nothing for “{query}” among {'1 model' if count == 1 else f'{count:,} models'}")
        if (typed := typed_id(query)) is None:
            return lines, text
        has = {row.connection for row in rows if row.id == typed}
        for connection in [name for name in self._connections if name not in has][:_MOST_TYPED]:
            at = f" at {connection}" if connection and len(self._connections) > 1 else ""
            if not (at == "" and has):
                lines.append(
                    PickRow(f"{_TYPED}\n{connection}", f"use “{typed}” as typed{at}", is_found=False)
                )
        return lines, text

    def _line(self, row: ModelRow, section: str) -> ModelLine:
        favourites = self._marks.favourites if self._marks is not None else ()
        return ModelLine(
            f"{section}\n{row.connection}\n{row.id}",
            row.id,
            is_current=row.id == self._current[1] and row.connection in ("", self._current[0]),
            model=row,
            is_favourite=row.key in favourites,
        )

    def _show_detail(self) -> None:
        row = self.pick_list.cursor_row
        width = self._detail.content_size.width
        model = row.model if isinstance(row, ModelLine) else None
        if model is None or not width:
            self._detail.update(Content("\n" * (_DETAIL_LINES - 1)))
            return
        name, rest = (clean_line(text) for text in title_of(model))
        names = wrapped(name, width)
        if len(names) > 1:
            # nowhere else does a long id stand as a whole
            names = [*names[: _DETAIL_LINES - 2], cut("".join(names[_DETAIL_LINES - 2 :]), width)]
        first = Content.assemble(("\n".join(names), "bold"))
        for text, style in ((rest, "$text-muted"), (clean_line(model.note), "$text-warning")):
            if text and first.cell_length + 3 + len(text) <= width:
                first += Content.assemble(("  ", ""), (text, style))
        facts = clean_line(facts_of(model, width)) or "No details available."
        lines = [first, Content.styled(cut(facts, width), "$text-muted")]
        # what was learned here is worth more than the vendor's description
        told = clean_line(" ".join(model.learned) or model.description)
        if self.model_list.columns.abilities != "words":
            # in words what the narrow list shows as letters
            legend = LEGEND if self.model_list.columns.abilities == "letters" else ""
            told = ". ".join(part for part in (abilities_in_words(model), told) if part) or legend
        lines.append(Content.styled(cut(told, width), "$text-muted"))
        self._detail.update(Content("\n").join(lines[: _DETAIL_LINES + 1 - len(names)]))

    # Actions

    def action_refresh(self) -> None:
        """Load the list again."""
        self.note_asking()
        self._ask()

    def action_favourite(self) -> None:
        """Make the model under the cursor a favourite, or undo that."""
        row = self.pick_list.cursor_row
        if self._marks is None or not isinstance(row, ModelLine) or row.model is None:
            return
        self._marks.toggle_favourite(row.model.key)
        self.show_marks()

    def show_marks(self) -> None:
        """Update the recent models and the favourites; the cursor stays on its row."""
        self._prepare()
        self._limit_list()
        self._fill(is_new=False)

    def action_make_default(self) -> None:
        """Make the model under the cursor the assistant's default."""
        if (row := self.pick_list.cursor_row) is not None:
            self._choose(row, "assistant")

    def picked(self, row: PickRow) -> None:
        """Use the model in this thread."""
        self._choose(row, "thread")

    def _choose(self, row: PickRow, scope: Literal["thread", "assistant"]) -> None:
        if isinstance(row, ModelLine) and row.model is not None:
            choice = ModelChoice(row.model.id, row.model.connection, scope)
        else:
            typed = typed_id(self.search_box.value)
            if typed is None:
                return
            choice = ModelChoice(typed, row.id.partition("\n")[2], scope)
        self._chosen(choice)
        self.dismiss(choice.id)

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show the details of the row under the cursor."""
        event.stop()
        self._show_detail()


def _month(source: SourceRow) -> str:
    return time.strftime("%Y-%m", time.gmtime(source.as_of)) if source.as_of is not None else "?"
