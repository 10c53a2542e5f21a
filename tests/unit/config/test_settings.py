"""File, environment and flags; sentences for what is wrong; no key for a stranger."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from aimltui.bootstrap.source import default_model
from aimltui.common.errors import ConfigError
from aimltui.common.urls import checked_base_url
from aimltui.config.settings import BudgetSettings, Settings, load_settings, write_config
from aimltui.connections.discovery import Connection, find_connection, find_connections, read_key

AIML = "https://api.aimlapi.com/v1"
OPENAI = "https://api.openai.com/v1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(file: Path, text: str = "", env: dict[str, str] | None = None, **flags: str | None) -> Settings:
    if text:
        file.write_text(text)
    dotted = {key.replace("__", "."): value for key, value in flags.items()}
    return load_settings(file, environment=env or {}, flags=dotted)


def connect(
    file: Path, env: dict[str, str], text: str = "", base_url: str | None = None, key_env: str | None = None
) -> Connection | None:
    settings = load(file, text, env, connection__base_url=base_url, connection__api_key_env=key_env)
    return find_connection(settings, env)


def test_without_a_file_there_are_defaults(file: Path) -> None:
    settings = load(file)
    assert (settings.ui.theme, settings.ui.glyphs, settings.ui.auto_copy, settings.ui.sidebar) == (
        "auto",
        "unicode",
        True,
        "auto",
    )
    assert settings.connection.model is None


def test_flags_win_over_the_environment_and_that_over_the_file(file: Path) -> None:
    text = '[connection]\nmodel = "file"\n[ui]\ntheme = "file"\nauto_copy = false\n'
    env = {"AIMLTUI_MODEL": "environment", "AIMLTUI_THEME": "environment"}
    settings = load(file, text, env, ui__theme="flag", connection__model=None)
    assert settings.connection.model == "environment"
    assert settings.ui.theme == "flag"
    assert settings.ui.auto_copy is False


def test_a_named_file_has_to_exist(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"configuration file .*config\.toml does not exist"):
        load_settings(file, must_exist=True, environment={})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[ui]\ntheme = nord\n", "line 2, column 9"),
        ("[ui\n", "line 1"),
        ('[ui]\ntheme = "a', "line 2, column 11"),
        ('[ui]\ntheme = "a"\ntheme = "b"\n', "line 3"),
    ],
)
def test_a_syntax_error_names_file_line_column_and_remedy(file: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, text)
    sentence = str(caught.value)
    assert str(file) in sentence
    assert place in sentence
    assert "column" in sentence
    assert "Correct that line" in sentence
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ui]\ntheme = 5\n", ["ui.theme", "a number", "must be text"]),
        ('[ui]\nauto_copy = "yes"\n', ["ui.auto_copy", "is text", "true or false"]),
        ('[ui]\nglyphs = "emoji"\n', ["ui.glyphs", '"emoji"', '"unicode"', '"ascii"']),
        ("[connection]\nmodel = [1]\n", ["connection.model", "a list"]),
        ('ui = "nord"\n', ["ui", "is text", "[ui]"]),
        ('[connection]\nbase_url = ""\n', ["connection.base_url", "empty"]),
        ("[ui]\nsidebar = 2020-01-01\n", ["ui.sidebar", "a date", '"shown"']),
        ('[budget]\nper_day_usd = "5"\n', ["budget.per_day_usd", "is text", "a number above 0"]),
        ("[budget]\nper_day_usd = true\n", ["budget.per_day_usd", "true or false", "a number above 0"]),
        ("[budget]\nper_run_usd = 0\n", ["budget.per_run_usd", "is 0", "for no limit"]),
        ("[budget]\nper_run_usd = nan\n", ["budget.per_run_usd", "is nan"]),
        ("[budget]\nper_run_tokens = 2.5\n", ["budget.per_run_tokens", "a whole number"]),
        ("[threads]\ntrash_days = -1\n", ["threads.trash_days", "is -1", "a whole number, 0 or above."]),
        ("[threads]\ntrash_days = 1.5\n", ["threads.trash_days", "a number", "a whole number, 0 or above"]),
        ('[interpreter]\nsandbox = "none"\n', ["interpreter.sandbox", '"none"', '"off"']),
    ],
)
def test_a_wrong_value_names_the_key_what_it_is_and_what_it_may_be(
    file: Path, text: str, said: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, text)
    for part in said:
        assert part in str(caught.value)


def test_a_file_that_is_not_text_or_far_too_big_is_refused_in_words(file: Path) -> None:
    file.write_bytes(b"[ui]\n\xff\xfe")
    with pytest.raises(ConfigError, match=r"line 2.*UTF-8"):
        load(file)
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        load(file)


def test_writing_keeps_what_this_version_does_not_know(file: Path) -> None:
    file.write_text('future = 1\n[ui]\nsparkle = true\ntheme = "nord"\n[later]\nx = [1, 2]\n')
    write_config(file, {"ui.theme": "aimltui-light", "connection.model": "gpt-4o"})
    assert tomllib.loads(file.read_text()) == {
        "future": 1,
        "ui": {"sparkle": True, "theme": "aimltui-light"},
        "later": {"x": [1, 2]},
        "connection": {"model": "gpt-4o"},
    }
    assert load(file).ui.theme == "aimltui-light"


def test_a_broken_file_is_never_overwritten(file: Path) -> None:
    file.write_text("[ui\n")
    with pytest.raises(ConfigError):
        write_config(file, {"ui.theme": "nord"})
    assert file.read_text() == "[ui\n"


def test_a_wrong_value_is_not_written(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"ui\.glyphs"):
        write_config(file, {"ui.glyphs": "emoji"})
    assert not file.exists()


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, None),
        ({"AIMLAPI_KEY": "k"}, Connection("AI/ML API", AIML, "AIMLAPI_KEY")),
        ({"AIMLAPI_KEY": "k", "AIML_API_KEY": "k"}, Connection("AI/ML API", AIML, "AIML_API_KEY")),
        ({"AIMLAPI_API_KEY": "k", "OPENAI_API_KEY": "k"}, Connection("AI/ML API", AIML, "AIMLAPI_API_KEY")),
        ({"AIMLAPI_API_KEY": " ", "OPENAI_API_KEY": "k"}, Connection("OpenAI", OPENAI, "OPENAI_API_KEY")),
        (
            {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://localhost:8080/v1/"},
            Connection("localhost:8080", "http://localhost:8080/v1", "OPENAI_API_KEY"),
        ),
    ],
)
def test_a_key_found_brings_its_own_endpoint(
    file: Path, env: dict[str, str], expected: Connection | None
) -> None:
    assert connect(file, env) == expected


ALL_KEYS = {"AIMLAPI_API_KEY": "aiml", "OPENAI_API_KEY": "openai"}


@pytest.mark.parametrize(
    ("base_url", "env", "variable"),
    [
        ("https://api.aimlapi.com/v2", ALL_KEYS, "AIMLAPI_API_KEY"),
        ("https://eu.aimlapi.com/v1", ALL_KEYS, "AIMLAPI_API_KEY"),
        ("http://api.aimlapi.com/v1", ALL_KEYS, None),
        ("https://api.aimlapi.com.evil.example/v1", ALL_KEYS, None),
        ("https://evilaimlapi.com/v1", ALL_KEYS, None),
        ("https://api.openai.com/v1", ALL_KEYS, "OPENAI_API_KEY"),
        ("https://API.openai.com:443/v1", ALL_KEYS, "OPENAI_API_KEY"),
        ("http://api.openai.com/v1", ALL_KEYS, None),
        ("http://localhost:11434/v1", ALL_KEYS, None),
        (
            "https://proxy.example/v1",
            ALL_KEYS | {"OPENAI_BASE_URL": "https://proxy.example"},
            "OPENAI_API_KEY",
        ),
        # With OPENAI_BASE_URL the key is the proxy's, not OpenAI's.
        ("https://api.openai.com/v1", ALL_KEYS | {"OPENAI_BASE_URL": "https://proxy.example"}, None),
        ("https://api.openai.com/v1", ALL_KEYS | {"OPENAI_BASE_URL": "http://[broken"}, None),
    ],
)
def test_a_given_base_url_gets_only_a_key_that_belongs_to_it(
    file: Path, base_url: str, env: dict[str, str], variable: str | None
) -> None:
    found = connect(file, env, base_url=base_url)
    assert found is not None
    assert found.api_key_env == variable


def test_a_key_named_in_the_file_does_not_follow_a_base_url_given_as_a_flag(file: Path) -> None:
    text = '[connection]\nbase_url = "https://mine.example/v1"\napi_key_env = "MY_KEY"\n'
    env = {"MY_KEY": "secret"}
    assert connect(file, env, text) == Connection("mine.example", "https://mine.example/v1", "MY_KEY")
    other = connect(file, env, text, base_url="https://other.example/v1")
    assert other == Connection("other.example", "https://other.example/v1", None)
    same_host = connect(file, env, text, base_url="https://mine.example/v2")
    assert same_host is not None
    assert same_host.api_key_env == "MY_KEY"


def test_a_key_named_as_a_flag_is_used_with_the_chosen_endpoint(file: Path) -> None:
    text = '[connection]\nbase_url = "https://mine.example/v1"\napi_key_env = "OLD"\n'
    found = connect(file, {}, text, key_env="NEW")
    assert found == Connection("mine.example", "https://mine.example/v1", "NEW")
    assert connect(file, {}, base_url="https://x.example", key_env="K") == Connection(
        "x.example", "https://x.example", "K"
    )


def test_a_known_variable_alone_brings_its_endpoint_and_an_unknown_one_asks_for_it(file: Path) -> None:
    assert connect(file, {}, key_env="AIML_API_KEY") == Connection("AI/ML API", AIML, "AIML_API_KEY")
    with pytest.raises(ConfigError, match=r"MY_KEY.*--base-url"):
        connect(file, {}, key_env="MY_KEY")


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://x",
        "localhost:1",
        "https://",
        "http://a b/",
        "https://x/v1?key=1",
        "http://[",
        "http://x:99999",
        "\n",
    ],
)
def test_what_is_no_base_url_is_refused_with_an_example(base_url: str) -> None:
    with pytest.raises(ConfigError, match=r"should look like https://"):
        checked_base_url(base_url)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        checked_base_url("https://me:hunter2@x.example/v1")
    assert "hunter2" not in str(caught.value)


def test_the_key_is_read_at_the_last_moment_and_must_look_like_one() -> None:
    connection = Connection("AI/ML API", AIML, "AIMLAPI_API_KEY")
    assert read_key(connection, {"AIMLAPI_API_KEY": " abc\n"}) == "abc"
    assert read_key(Connection("local", "http://localhost", None), {"AIMLAPI_API_KEY": "abc"}) is None
    with pytest.raises(ConfigError, match=r"AIMLAPI_API_KEY is not set.*export AIMLAPI_API_KEY="):
        read_key(connection, {})
    with pytest.raises(ConfigError) as caught:
        read_key(connection, {"AIMLAPI_API_KEY": "gehe\u00efm zwei"})
    assert "gehe" not in str(caught.value)


def test_an_empty_flag_is_said_by_its_name(file: Path) -> None:
    with pytest.raises(ConfigError, match="--model is empty"):
        load(file, connection__model=" ")


def test_the_settings_are_cheap_to_import() -> None:
    code = "import sys, aimltui.connections.discovery; print({'textual','pydantic','openai','tomli_w'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_code_interpreter_can_be_switched_off(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert load_settings(file, environment={}).interpreter.sandbox == "auto"
    file.write_text('[interpreter]\nsandbox = "off"\n')
    assert load_settings(file, environment={}).interpreter.sandbox == "off"


WORK = '[connections.work]\nbase_url = "https://work.example/v1"\nkey = "keychain"\n'
HOME = '[connections."my home"]\nbase_url = "http://localhost:11434/v1/"\nmodel = "llama"\n'
TABLE = '[connection]\nbase_url = "https://mine.example/v1"\napi_key_env = "MY_KEY"\n'


def names(
    file: Path, text: str, env: dict[str, str] | None = None, name: str | None = None, **flags: str
) -> list[str]:
    """The connections' names, the default one first."""
    known = find_connections(load(file, text, env, **flags), env or {}, name=name)
    assert known.default is None or known.all[0] is known.default
    return [connection.name for connection in known.all]


def test_named_connections_stand_side_by_side_with_the_old_table(file: Path) -> None:
    assert names(file, WORK + HOME) == ["work", "my home"]
    assert names(file, TABLE + WORK + HOME) == ["mine.example", "work", "my home"]
    assert names(file, 'default_connection = "my home"\n' + TABLE + WORK + HOME) == [
        "my home",
        "mine.example",
        "work",
    ]
    known = find_connections(load(file, WORK + HOME), {})
    assert known.all == (
        Connection("work", "https://work.example/v1", None, "keychain", source="named"),
        Connection("my home", "http://localhost:11434/v1", None, model="llama", source="named"),
    )
    assert [connection.key_place for connection in known.all] == ["keychain", "none"]


def test_flags_and_variables_win_and_a_name_asked_for_wins_over_the_file(file: Path) -> None:
    text = 'default_connection = "work"\n' + TABLE + WORK + HOME
    assert names(file, text, connection__base_url="http://localhost:1") == [
        "localhost:1", "mine.example", "work", "my home"
    ]  # fmt: skip
    assert names(file, text, {"AIMLTUI_BASE_URL": "http://localhost:2"})[0] == "localhost:2"
    assert names(file, text, {"AIMLTUI_BASE_URL": "http://localhost:2"}, "my home")[0] == "my home"
    assert names(file, text, name="mine.example")[0] == "mine.example"
    with pytest.raises(ConfigError, match="cannot be combined"):
        names(file, text, name="work", connection__base_url="http://localhost:1")
    with pytest.raises(ConfigError, match=r"no connection “nope”.*“work”, “my home”"):
        names(file, WORK + HOME, name="nope")


def test_a_key_that_lies_about_leads_nowhere_once_connections_are_set_up(file: Path) -> None:
    assert names(file, "", {"OPENAI_API_KEY": "k"}) == ["OpenAI"]
    assert names(file, WORK, {"OPENAI_API_KEY": "k"}) == ["work"]


def test_two_connections_never_have_one_name(file: Path) -> None:
    text = '[connections."localhost:1"]\nbase_url = "http://localhost:1/v1"\n'
    assert names(file, text, connection__base_url="http://localhost:1/v1") == [
        "localhost:1 (this session)",
        "localhost:1",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[connections.work]\nmodel = "m"\n', ["connections.work", "no base_url"]),
        ('[connections.work]\nbase_url = "work"\n', ["connections.work", "should look like"]),
        ('[connections.work]\nbase_url = 5\n', ["connections.work.base_url", "a number"]),
        (WORK + 'kind = "chat"\n', ["connections.work.kind", '"chat"', '"assistants"']),
        (WORK + 'api_key_env = "X"\n', ["both api_key_env and key"]),
        ('connections = "work"\n', ["connections", "[connections.NAME]"]),
        ('[connections]\nwork = "x"\n', ["connections.work", "a table"]),
        ('[connections."  "]\nbase_url = "http://x"\n', ["not a valid name"]),
        ('default_connection = "nope"\n' + WORK, ["default_connection", "no connection “nope”", "“work”"]),
        ("default_connection = 1\n" + WORK, ["default_connection", "a number"]),
    ],
)  # fmt: skip
def test_a_wrong_connection_is_said(file: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        names(file, text)
    for part in (str(file), *said):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '[connections.work]\nbase_url = "https://x.example"\napi_key = "sk-in-the-file"\n',
        '[connections.work]\nbase_url = "https://x.example"\nkey = "sk-in-the-file"\n',
        '[connection]\nbase_url = "https://x.example"\napi-key = "sk-in-the-file"\n',
    ],
)
def test_a_key_in_the_file_is_refused_told_where_to_go_and_not_repeated(file: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        names(file, text)
    assert "Connect screen" in str(caught.value)
    assert "api_key_env" in str(caught.value)
    assert "sk-in-the-file" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "flags", "model"),
    [
        (HOME, {}, "llama"),
        (HOME, {"connection__model": "flag"}, "flag"),
        (WORK, {}, ""),
        ('[connection]\nmodel = "mine"\n' + WORK, {}, "mine"),
        (f'default_connection = "work"\n{TABLE}model = "mine"\n{WORK}', {}, ""),
        (f'{TABLE}model = "mine"\n{WORK}', {}, "mine"),
    ],
)
def test_the_model_of_new_threads_goes_with_its_connection(
    file: Path, text: str, flags: dict[str, str], model: str
) -> None:
    settings = load(file, text, {}, **flags)
    default = find_connections(settings, {}).default
    assert default is not None
    assert default_model(settings, default) == model


def test_a_budget_is_read_and_none_is_no_limit(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    settings = load(file, "[budget]\nper_day_usd = 5\nper_run_tokens = 1000\n")
    assert settings.budget == BudgetSettings(per_day_usd=5, per_run_tokens=1000)
    assert load(file, "[budget]\n").budget == BudgetSettings()


@pytest.mark.parametrize(
    ("text", "days"), [("", 30), ("[threads]\ntrash_days = 7\n", 7), ("[threads]\ntrash_days = 0\n", 0)]
)
def test_the_time_in_the_trash_can_be_shortened(file: Path, text: str, days: int) -> None:
    assert load(file, text).threads.trash_days == days


@pytest.mark.parametrize(
    "text", ["theme = " + "1" * 5_000, "theme = " + "[" * 20_000], ids=["number", "nested"]
)
def test_a_file_beyond_what_can_be_read_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load_settings(file, environment={})
