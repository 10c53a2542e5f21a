"""Keys as people paste them."""

from __future__ import annotations

import pytest

from aimltui.common.errors import ConfigError
from aimltui.connections.pasted_key import clean_key, mask

KEY = "sk-proj-Ab12_x9-1f3a"


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {KEY}\n",
        f'"{KEY}"',
        f"“{KEY}”",
        f"export AIMLAPI_API_KEY={KEY}",
        f"export OPENAI_API_KEY='{KEY}';",
        f'AIMLAPI_API_KEY = "{KEY}"',
        f"$env:OPENAI_API_KEY = '{KEY}'",
        f"Bearer {KEY}",
        f"Authorization: Bearer {KEY}",
        f'-H "Authorization: Bearer {KEY}"',
        f"\ufeff{KEY[:5]}\u200b{KEY[5:]}\u2060",
        f"{KEY[:9]}\n   {KEY[9:]}",
        f"\x1b{KEY}\r\n",
        f"`{KEY}`,",
    ],
)
def test_a_pasted_key_is_freed_of_everything_around_it(pasted: str) -> None:
    assert clean_key(pasted) == KEY


@pytest.mark.parametrize("key", ["dGVzdA==", "abcDEF0123456789abcDEF0123456789", "gsk_a=b", "a.b/c+d~e="])
def test_what_belongs_to_a_key_stays(key: str) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize("pasted", ["", " \n", '""', "\u200b", "geheïm-passwort-1", "x" * 9000])
def test_what_cannot_be_a_key_is_refused_and_not_repeated(pasted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        clean_key(pasted)
    assert "Copy the key again" in str(caught.value)
    assert len(pasted) < 5 or pasted not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-0123456789abcdef1f3a", "sk-…1f3a"),
        ("sk-proj-0123456789abcdef1f3a", "sk-proj-…1f3a"),
        ("0123456789abcdef0123456789ab1f3a", "01…1f3a"),
        ("ollama", "…"),
    ],
)
def test_a_mask_shows_beginning_and_end_only(key: str, shown: str) -> None:
    assert mask(key) == shown
