"""ConnectionTester: tests what is filled in for a connection, and saves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.connections.types import ConnectionDraft, Connections, Tested
from aimltui.tui.state.connect_form import ConnectForm, host_of, saved_text


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection that was saved."""

    name: str
    model: str
    """The model for new threads; empty if there is none to name."""
    text: str
    """What happened, for the user."""
    is_default: bool
    kind: Literal["models", "assistants"] = "models"


class Timer(Protocol):
    """A timer that fires again and again until it is stopped."""

    def stop(self) -> None:
        """Do not fire again."""
        ...


class ConnectionTester:
    """Asks an endpoint for its models before a connection to it is saved.

    Args:
        form: The values.
        connections: Tests and saves.
        say: Shows a text, a style and what to do.
        every: Calls a function again and again, with so many seconds between.
    """

    def __init__(
        self,
        form: ConnectForm,
        connections: Connections,
        say: Callable[[str, str, str], None],
        every: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self._form = form
        self._connections = connections
        self._say = say
        self._every = every
        self._waited_s = 0
        self.tried: ConnectionDraft | None = None
        """The values that are being tested, or were tested last."""
        self.failed: Tested | None = None
        """The failed test of these values, if they can be saved nevertheless."""
        self.is_saving = False

    @property
    def better_url(self) -> str:
        """Another address of the same host, where the test found the models; empty if there is none."""
        return self.failed.better_url if self.failed is not None and self._form.has_address else ""

    @property
    def wants_key(self) -> bool:
        """Whether the server asked for a key when it was tested without one."""
        return self.failed is not None and self.failed.wants_key

    def forget(self) -> bool:
        """Drop the result of the last test if the values have changed since; False if they have not."""
        if self._form.draft() == self.tried:
            return False
        self.tried = self.failed = None
        return True

    async def test(self) -> Tested:
        """Test the values, and show what was found."""
        tested = await self._ask()
        if tested.is_good:
            self._say(f"✓ {tested.text}", "$text-success", tested.remedy)
        return tested

    async def test_and_save(self) -> Saved | None:
        """Save the values if the test is good."""
        tested = await self._ask()
        return await self.save(tested) if tested.is_good else None

    async def save(self, tested: Tested | None) -> Saved | None:
        """Save the values.

        Args:
            tested: What a test has found; None if it failed, or none was made.

        Returns:
            What was saved; None if it could not be, which is shown.
        """
        form, draft = self._form, self._form.draft()
        self.is_saving = True
        try:
            model = await self._connections.save(draft, make_default=form.make_default)
        except ConfigError as error:
            self._say(f"✗ It was not saved. {error}", "$text-error", "")
            return None
        finally:
            self.is_saving = False
        form.key = ""
        return Saved(draft.name, model, saved_text(draft, tested), form.make_default, draft.kind)

    async def _ask(self) -> Tested:
        draft = self.tried = self._form.draft()
        with self._counting(host_of(draft.base_url)):
            tested = await self._connections.test(draft)
        self.failed = None if tested.is_good or not tested.can_be_saved else tested
        if not tested.is_good:
            anyway = "; ctrl+s saves it anyway" if tested.can_be_saved else ""
            remedy = f"{tested.remedy} Nothing is saved{anyway}.".strip()
            self._say(f"✗ {tested.text}", "$text-error", remedy)
        return tested

    @contextmanager
    def _counting(self, host: str) -> Iterator[None]:
        """Show how many seconds the test takes."""
        self._waited_s = 0
        self._count(host)
        timer = self._every(1.0, lambda: self._count(host))
        try:
            yield
        finally:
            timer.stop()

    def _count(self, host: str) -> None:
        seconds = f" {self._waited_s} s" if self._waited_s else ""
        self._waited_s += 1
        self._say(f"Asking {host} for its models…{seconds}", "", "")
