"""Models and lists of models in a few words. An unknown figure is a dash, never a zero. Pure."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass

UNKNOWN = "–"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the picker shows it."""

    id: str
    name: str = ""
    """The display name, where the endpoint has one."""
    vendor: str = ""
    context: int | None = None
    """Tokens; None if unknown."""
    note: str = ""
    """What the user should know before choosing it."""
    connection: str = ""
    """The connection that offers it; empty for the built-in model."""
    created: int = 0
    """Unix seconds; 0 if unknown."""
    output_limit: int | None = None
    aliases: tuple[str, ...] = ()
    abilities: frozenset[str] | None = None
    """None if unknown."""
    prompt: float | None = None
    """Dollars per token, as in the next two fields."""
    completion: float | None = None
    cached: float | None = None
    description: str = ""
    learned: tuple[str, ...] = ()
    """Sentences about what the model does not support, learned from its refusals."""

    @property
    def key(self) -> tuple[str, str]:
        """Connection and id: the same id at two connections is two models."""
        return self.connection, self.id


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A connection's list as the picker shows it."""

    connection: str
    source: str
    """`live`, `cache`, `snapshot` or `none`."""
    as_of: int | None = None
    """Unix seconds."""
    problem: str = ""
    count: int = 0


def tokens_in_words(tokens: int) -> str:
    """128000 as `128k`, 1048576 as `1M`."""
    if tokens >= _MILLION:
        millions = tokens / _MILLION
        return f"{millions:.0f}M" if abs(millions - round(millions)) < 0.06 else f"{millions:.1f}M"
    if tokens >= 1_000:
        return f"{tokens / 1000:.0f}k" if tokens % 1000 == 0 else f"{tokens / 1024:.0f}k"
    return str(tokens)


def dollars_in_words(per_token: float | None) -> str:
    """The price of a million tokens: `$0.25`, `$0.40`, `$2`, `$0`; a dash if it is unknown."""
    if per_token is None:
        return UNKNOWN
    amount = per_token * _MILLION
    if amount == 0:
        return "$0"
    if amount < 0.001:
        return "<$0.001"
    if amount >= 100:
        return f"${amount:,.0f}"
    whole, dot, cents = f"{amount:.3g}".partition(".")
    return f"${whole}{dot}{cents.ljust(2, '0') if dot else ''}"


def age_in_words(then: int | None, now: float) -> str:
    """The age of a list: `now`, `25 min ago`, `3 h ago`, `4 days ago`."""
    if then is None:
        return "never"
    seconds = max(0.0, now - then)
    if seconds < 90:
        return "now"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.0f} h ago"
    return f"{seconds / 86_400:.0f} days ago"


def source_in_words(source: SourceRow, month: str, now: float) -> str:
    """A list's connection, its length and its age.

    Args:
        source: The list.
        month: The month of a shipped list, as `2026-08`.
        now: Unix seconds.
    """
    if source.source == "none":
        return f"{source.connection}: no list yet"
    count = "1 model" if source.count == 1 else f"{source.count:,} models"
    if source.source == "snapshot":
        return f"{source.connection}: {count}, list of {month}, not asked yet"
    return f"{source.connection}: {count}, asked {age_in_words(source.as_of, now)}"


def title_of(row: ModelRow) -> tuple[str, str]:
    """The model's name, and its vendor and connection."""
    rest = dict.fromkeys(part for part in (row.vendor, row.connection) if part)
    return row.name or row.id, " · ".join(rest)


def facts_of(row: ModelRow, width: int) -> str:
    """Figures and other ids of a model: as many parts as fit, the important ones first."""
    parts: list[str] = []
    if row.context is not None:
        parts.append(f"{row.context:,} tokens")
    if row.output_limit is not None:
        parts.append(f"answers up to {row.output_limit:,}")
    if (price := price_in_words(row)) is not None:
        parts.append(price)
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text else part
        text = longer if len(longer) <= width else text
    for number, alias in enumerate(row.aliases):
        longer = text + (", " if number else " · also " if text else "also ") + alias
        if len(longer) > width:
            break
        text = longer
    return text


def price_in_words(row: ModelRow) -> str | None:
    """The known prices: `$0.25 in, $2 out, $0.03 cached per 1M`; None if there are none."""
    told = ((row.prompt, "in"), (row.completion, "out"), (row.cached, "cached"))
    known = [f"{dollars_in_words(price)} {word}" for price, word in told if price is not None]
    if not known:
        return None
    if row.prompt == 0 and row.completion == 0:
        return "free"
    return ", ".join(known) + " per 1M"
