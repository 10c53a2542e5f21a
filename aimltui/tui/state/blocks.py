"""Block: what the keyboard has marked in the transcript, and what letters can do with it. Pure."""

from __future__ import annotations

from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Entry, MessageEntry, StepEntry, ToolCallEntry

_ENDINGS: Final = {
    "python": "py", "py": "py", "python3": "py", "javascript": "js", "js": "js", "typescript": "ts", "ts": "ts",
    "bash": "sh", "sh": "sh", "shell": "sh", "zsh": "sh", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml",
    "html": "html", "css": "css", "sql": "sql", "c": "c", "cpp": "cpp", "c++": "cpp", "rust": "rs", "go": "go",
    "java": "java", "ruby": "rb", "xml": "xml", "csv": "csv", "markdown": "md", "md": "md", "diff": "diff",
    "makefile": "mk", "ini": "ini", "latex": "tex", "tex": "tex", "r": "r", "php": "php", "kotlin": "kt",
    "swift": "swift", "lua": "lua", "perl": "pl",
}  # fmt: skip
"""The ending of a file with code in a language."""
_PYTHON: Final = frozenset({"python", "py", "python3"})
CODE_INTERPRETER: Final = "code_interpreter"


@dataclass(frozen=True, slots=True)
class Block:
    """A marked message, block of code, panel or file."""

    kind: Literal["message", "code", "panel", "file", "other"]
    entry: Entry
    """What it is, or is a part of."""
    text: str = ""
    """What copying it gives: the Markdown of a message, the code, the input of a call."""
    language: str = ""
    """Of a block of code; empty if its fence names none."""
    call: ToolCallEntry | None = None
    """Of a panel."""
    file_id: str = ""
    """Of a file, or of the file that a source is from."""

    @property
    def words(self) -> frozenset[str]:
        """The words of `commands.STATE_WORDS` that are true of it."""
        found: dict[str, bool] = {
            "text": bool(self.text),
            "saves": bool(self.text or self.file_id),
            "parts": self.call is not None or self.kind == "message",
            "file": bool(self.file_id),
            "id": bool(self.object_id),
            "object": bool(self.object_id),
            "runnable": self.is_python,
            "said": self.kind == "message" and isinstance(self.entry, MessageEntry) and not self.entry.pending,
            "siblings": self.kind == "message" and isinstance(self.entry, MessageEntry) and bool(self.entry.branch),
            "own": self.kind == "message" and isinstance(self.entry, MessageEntry) and self.entry.role == "user",
            "reply": self.kind == "message" and isinstance(self.entry, MessageEntry) and self.entry.role != "user",
        }  # fmt: skip
        return frozenset(word for word, is_true in found.items() if is_true)

    @property
    def is_python(self) -> bool:
        """Whether the code interpreter can run it."""
        if self.call is not None:
            return self.call.type == CODE_INTERPRETER
        return self.kind == "code" and self.language in _PYTHON and bool(self.text.strip())

    @property
    def object_id(self) -> str:
        """The id of the server's object: the file, the message or the step; empty if the server has none."""
        if self.file_id:
            return self.file_id
        if isinstance(self.entry, MessageEntry):
            return "" if self.entry.pending else self.entry.id
        return self.entry.id if isinstance(self.entry, StepEntry) and self.kind == "panel" else ""

    @property
    def file_name(self) -> str:
        """A name for a file with its text."""
        if self.kind == "message":
            return "message.md"
        if self.kind == "code":
            return f"code.{_ENDINGS.get(self.language, 'txt')}"
        number = self.entry.number if isinstance(self.entry, StepEntry) else 1
        is_code = self.call is not None and self.call.type == CODE_INTERPRETER
        return f"step-{number}.{'py' if is_code else 'json'}"
