"""The clients of the server in the configuration and on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aimltui.cli.serve import _clients
from aimltui.common.errors import ConfigError
from aimltui.config.served_clients import ServedClientSettings, client_of_option
from aimltui.config.settings import load_settings
from aimltui.wire.clients import ClientBudget, ClientSpent, ServedClient, used_up


def read(folder: Path, text: str) -> tuple[ServedClientSettings, ...]:
    file = folder / "config.toml"
    file.write_text(text)
    return load_settings(file, environment={}).served_clients


def test_clients_are_read_with_their_limits_and_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = read(
        tmp_path,
        '[serve.clients.alice]\ntoken_env = "A_TOKEN"\nper_day_usd = 1.5\nper_month_tokens = 1000\n',
    )
    monkeypatch.setenv("A_TOKEN", "x" * 20)
    monkeypatch.setenv("B_TOKEN", "y" * 20)
    found = _clients(
        [
            alice,
            client_of_option("B_TOKEN:2usd/month,500tokens/day"),
        ]
    )
    assert found == {
        "x" * 20: ServedClient("alice", ClientBudget(per_day_usd=1.5, per_month_tokens=1000)),
        "y" * 20: ServedClient("B_TOKEN", ClientBudget(per_month_usd=2.0, per_day_tokens=500)),
    }
    assert client_of_option("B_TOKEN").limits == {}
    assert read(tmp_path, "") == ()
    with pytest.raises(ConfigError, match="C_TOKEN is not set"):
        _clients([client_of_option("C_TOKEN")])
    with pytest.raises(ConfigError, match="have the same token"):
        _clients([alice, client_of_option("A_TOKEN")])
    # the token of the server has no budget, and two clients of one name would share one
    with pytest.raises(ConfigError, match="alice has the token of the server"):
        _clients([alice], "x" * 20)
    with pytest.raises(ConfigError, match="Two clients are called B_TOKEN"):
        _clients([replace(alice, name="B_TOKEN"), client_of_option("B_TOKEN")])


@pytest.mark.parametrize(
    "text",
    [
        "serve = 1",
        "[serve]\nclients = 1",
        "[serve.clients]\nalice = 1",
        "[serve.clients.alice]",
        "[serve.clients.alice]\ntoken_env = 1",
        '[serve.clients.alice]\ntoken_env = "A"\nper_day_usd = 0',
        '[serve.clients.alice]\ntoken_env = "A"\nper_day_tokens = 1.5',
        '[serve.clients.alice]\ntoken_env = "A"\nper_week_usd = 1',
        '[serve.clients.alice]\ntoken_env = "A"\nper_day_usd = nan',
        '[serve.clients.alice]\ntoken_env = "A"\nper_day_usd = inf',
        f'[serve.clients.alice]\ntoken_env = "A"\nper_day_tokens = 1{"0" * 400}',
        '[serve.clients.""]\ntoken_env = "A"',
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="serve"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1usd/day",
        "A:1eur/day",
        "A:1.5tokens/day",
        "A:usd/day",
        "A:1usd/week",
        "A:0usd/day",
        f"A:1{'0' * 400}tokens/day",
    ],
)
def test_a_wrong_option_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="--client-token"):
        client_of_option(text)


def test_of_two_limits_that_are_reached_the_one_with_the_longer_wait_is_named() -> None:
    client = ServedClient("alice", ClientBudget(per_day_usd=1.0, per_month_tokens=10))
    assert used_up(client, ClientSpent(1.0, 5, 1.0, 5)) == "the $1 of today are used up"
    assert used_up(client, ClientSpent(1.0, 5, 1.0, 10)) == "the 10 tokens of this month are used up"
