"""What the Connect screen offers, and what comes of what was typed."""

from __future__ import annotations

import pytest

from aimltui.connections.types import ConnectionDraft, ConnectionRow, EnvironmentKey, LocalServer
from aimltui.tui.state.connect_form import KEEP, NAMED, NO_KEY, TYPED, ConnectForm, form_of, one_line
from aimltui.tui.state.connect_options import (
    OTHER,
    ConnectOption,
    connect_options,
    form_for,
    free_name,
    server_option,
)
from tests.support.fake_connections import AIMLAPI, AIMLAPI_KEY, OLLAMA, WORK

KEY = "sk-0123456789abcdef"


def offer(offer_id: str) -> ConnectOption:
    return next(one for one in connect_options((), with_demo=True) if one.id == offer_id)


def typed(form: ConnectForm, places: tuple[str, ...] = ("keychain", "file")) -> ConnectForm:
    form.places = places  # type: ignore[assignment]
    form.settle()
    return form


def test_aimlapi_comes_first_and_a_key_that_was_found_is_named() -> None:
    found = connect_options((AIMLAPI_KEY,), with_demo=True)
    assert [one.id for one in found] == ["aimlapi", "openai", "local", "other", "demo"]
    assert found[0].hint == "found AIMLAPI_API_KEY: use it"
    assert "demo" not in [one.id for one in connect_options((), with_demo=False)]


def test_a_key_for_another_endpoint_is_an_offer_of_its_own() -> None:
    key = EnvironmentKey("OPENAI_API_KEY", "https://proxy.example.com/v1", "proxy.example.com")
    found = {one.label: one for one in connect_options((key, AIMLAPI_KEY), with_demo=False)}
    assert found["proxy.example.com"].hint == "found OPENAI_API_KEY: use it"
    assert found["OpenAI"].hint == "with a key of OpenAI"


def test_a_found_key_needs_no_typing_at_all() -> None:
    form = typed(form_for(offer("aimlapi"), (AIMLAPI_KEY,), ()))
    assert form.problem(()) is None
    assert form.draft() == ConnectionDraft(
        "AI/ML API",
        "https://api.aimlapi.com/v1",
        key_variable="AIMLAPI_API_KEY",
        key_place="environment",
    )


def test_a_pasted_key_goes_to_the_best_place_unless_another_is_chosen() -> None:
    form = form_for(offer("aimlapi"), (), ())
    form.key = f"  {KEY}\n"
    assert (form.option, form.is_typed) == (TYPED, True)
    assert typed(form).draft().key_place == "keychain"
    form.option = "file"
    assert (form.draft().key, form.draft().key_place) == (KEY, "file")


def test_no_key_is_in_any_text_of_the_form() -> None:
    form = typed(form_for(offer("aimlapi"), (), ()))
    form.key = KEY
    assert KEY not in repr(form) + repr(form.draft()) + repr(form.options())


def test_a_pasted_key_becomes_one_line_and_the_rest_is_the_services() -> None:
    assert one_line(f"\n export KEY='{KEY[:6]}\r\n{KEY[6:]}'\x00 ") == f"export KEY='{KEY[:6]} {KEY[6:]}'"


def test_a_server_of_this_machine_needs_no_key() -> None:
    found = server_option(LocalServer("Ollama", "http://localhost:11434/v1", 7))
    assert (found.label, found.hint) == ("Ollama · 7 models", "localhost:11434")
    form = typed(form_for(found, (), (OLLAMA,)))
    assert form.problem(["Ollama"]) is None
    assert form.draft() == ConnectionDraft("Ollama 2", "http://localhost:11434/v1")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("localhost:8080/v1", "http://localhost:8080/v1"),
        (" 127.0.0.1:1234 ", "http://127.0.0.1:1234"),
        ("models.example.com/v1", "https://models.example.com/v1"),
        ("http://models.example.com", "http://models.example.com"),
        ("192.168.1.20:11434", "http://192.168.1.20:11434"),
        ("nas.local:1234/v1", "http://nas.local:1234/v1"),
        ("10.0.0.7.example.com", "https://10.0.0.7.example.com"),
        ("", ""),
    ],
)
def test_an_address_without_a_scheme_gets_the_fitting_one(address: str, url: str) -> None:
    form = form_for(offer(OTHER), (), ())
    form.base_url = address
    assert form.url == url


@pytest.mark.parametrize(
    ("address", "needs_none"),
    [
        ("127.0.0.1:18180", True),
        ("http://[::1]:8080/v1", True),
        ("192.168.1.20:11434/v1", True),
        ("gpu-box:8000", True),
        ("gpu-box", False),
        ("127.0.0.1.example.com", False),
        ("models.example.com", False),
    ],
)
def test_an_address_of_the_own_network_needs_no_key_until_the_user_chooses_one(
    address: str, needs_none: bool
) -> None:
    form = typed(form_for(offer(OTHER), (), ()))
    assert form.option == "keychain"
    form.base_url = address
    form.settle()
    assert (form.option == NO_KEY) == needs_none
    form.base_url = "models.example.com"
    form.settle()
    assert form.option == "keychain"
    form.choose("file")
    form.base_url = address
    form.settle()
    assert form.option == "file"


def test_what_is_missing_is_said_with_the_field() -> None:
    form = typed(form_for(offer(OTHER), (), ()))
    steps = [form.problem(())]
    form.base_url = "models.example.com"
    steps.append(form.problem(()))
    form.option = NAMED
    steps.append(form.problem(()))
    form.variable = "MY_KEY"
    steps.append(form.problem(["Models.example.com"]))
    assert [step and step[0] for step in steps] == ["address", "key", "variable", "name"]
    form.name = "Mine"
    assert form.problem(["models.example.com"]) is None
    assert form.draft().key_variable == "MY_KEY"


def test_a_changed_connection_keeps_its_key_unless_it_is_typed_anew() -> None:
    form = typed(form_of(WORK, ()))
    assert form.option == KEEP
    assert form.draft() == ConnectionDraft("Work", WORK.base_url, key_place="keychain")
    assert typed(form_of(AIMLAPI, (AIMLAPI_KEY,))).draft().key_variable == "AIMLAPI_API_KEY"
    assert typed(form_of(OLLAMA, ())).option == NO_KEY


def test_another_host_needs_the_key_anew() -> None:
    form = typed(form_of(WORK, ()))
    form.base_url = "https://elsewhere.example.com/v1"
    form.settle()
    assert form.is_moved
    assert KEEP not in [option.id for option in form.options()]
    assert form.draft().key == ""
    problem = form.problem(())
    assert problem is not None
    assert "another host" in problem[1]
    form.base_url = "https://models.example.com/other"
    assert not form.is_moved


def test_a_variable_of_another_host_is_not_taken_along() -> None:
    row = ConnectionRow("Old", "https://api.openai.com/v1", "environment", "OPENAI_API_KEY")
    also = EnvironmentKey("OPENAI_KEY_2", row.base_url, "OpenAI")
    form = typed(form_of(row, (also,)))
    assert "Use OPENAI_KEY_2" in [option.label for option in form.options()]
    form.base_url = "https://elsewhere.example.com/v1"
    form.settle()
    assert form.draft().key_variable == ""
    assert not any("OPENAI" in option.label for option in form.options())


def test_names_are_made_unique_whatever_their_case() -> None:
    assert free_name("work", (WORK,)) == "work 2"
    assert free_name("Play", (WORK,)) == "Play"
