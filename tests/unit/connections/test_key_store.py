"""Where keys are kept: a file of the owner's alone, the system's keychain; each key for one address only."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from aimltui.common import redaction as redact
from aimltui.common.errors import ConfigError
from aimltui.config import paths
from aimltui.connections.discovery import Connection
from aimltui.connections.key_file import KeyFile
from aimltui.connections.key_store import KeyStore, key_file
from aimltui.connections.keychain import Keychain

HERE, THERE = "https://here.example:443", "https://there.example:443"
KEY = "hk-0123456789-secret"


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "config" / "keys" / "config.json")


def test_a_kept_key_comes_back_for_its_own_address_only(file: KeyFile) -> None:
    file.put("work", HERE, KEY)
    file.put("home", THERE, "other-key-0123")
    assert file.get("work", HERE) == KEY
    assert file.get("work", THERE) is None
    assert file.get("work", HERE.replace("https", "http")) is None
    assert file.get("nobody", HERE) is None
    file.delete("work", HERE)
    assert file.get("work", HERE) is None
    assert file.get("home", THERE) == "other-key-0123"
    assert KEY not in file.file.read_text()


def test_file_and_directory_are_the_owners_alone(file: KeyFile) -> None:
    old = os.umask(0)
    try:
        file.put("work", HERE, KEY)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.file.parent.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("mode", "of"), [(0o640, "file"), (0o604, "file"), (0o755, "directory"), (0o730, "directory")]
)
def test_a_file_that_others_may_open_is_not_used(file: KeyFile, mode: int, of: str) -> None:
    file.put("work", HERE, KEY)
    path = file.file if of == "file" else file.file.parent
    path.chmod(mode)
    with pytest.raises(ConfigError) as caught:
        file.get("work", HERE)
    assert f"chmod {'600' if of == 'file' else '700'} '{path}'" in str(caught.value)
    with pytest.raises(ConfigError, match="chmod"):
        file.put("home", HERE, "another-key-99")
    path.chmod(0o600 if of == "file" else 0o700)
    assert file.get("work", HERE) == KEY


@pytest.mark.parametrize("content", ["", "[]", "{", '{"keys": 1}', "[" * 100_000])
def test_a_damaged_file_is_said_and_left_alone(file: KeyFile, content: str) -> None:
    file.put("work", HERE, KEY)
    file.file.write_text(content)
    for use in (lambda: file.get("work", HERE), lambda: file.put("x", HERE, KEY)):
        with pytest.raises(ConfigError, match="damaged"):
            use()
    assert file.file.read_text() == content


def test_a_link_in_the_files_place_is_not_followed(file: KeyFile, tmp_path: Path) -> None:
    file.put("work", HERE, KEY)
    file.file.rename(tmp_path / "moved")
    file.file.symlink_to(tmp_path / "moved")
    with pytest.raises(ConfigError, match="cannot be read"):
        file.get("work", HERE)


def test_a_full_disk_is_said_and_the_old_keys_stay(file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.put("work", HERE, KEY)
    with monkeypatch.context() as full:
        full.setattr(os, "replace", _no_space)
        with pytest.raises(ConfigError, match="cannot be written: No space left"):
            file.put("home", HERE, "x" * 20)
    assert file.get("work", HERE) == KEY
    assert [path.name for path in file.file.parent.iterdir()] == ["config.json"]


def _no_space(*_paths: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# --- the keychain: the package's own shape, with what this test puts behind it

BACKEND = """
import time
class Keyring:
    kept = {{}}
    def get_password(self, service, name):
        {inside}
        return self.kept.get((service, name))
    def set_password(self, service, name, key):
        {inside}
        self.kept[service, name] = key
    def delete_password(self, service, name):
        del self.kept[service, name]
"""


def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str = "SecretService", inside: str = "pass"
) -> None:
    """A package `keyring` whose chosen backend is in the module of this name, behind a chain as often as not."""
    package = tmp_path / "site" / "keyring"
    (package / "backends").mkdir(parents=True)
    (package / "backends" / "__init__.py").touch()
    (package / "backends" / f"{backend}.py").write_text(BACKEND.format(inside=inside))
    (package / "__init__.py").write_text(
        f"from keyring.backends.{backend} import Keyring\n"
        "class Chain: backends = [object(), Keyring()]\n"
        f"def get_keyring(): return Chain() if {backend!r} == 'SecretService' else Keyring()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture(autouse=True)
def forget_the_package() -> object:
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        del sys.modules[name]


@pytest.mark.parametrize("backend", ["SecretService", "macOS"])
def test_a_keychain_that_answers_keeps_keys_for_one_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    install(tmp_path, monkeypatch, backend)
    keychain = Keychain()
    assert keychain.is_available()
    keychain.put("work", HERE, KEY)
    assert keychain.get("work", HERE) == KEY
    assert keychain.get("work", THERE) is None
    keychain.delete("work", HERE)
    keychain.delete("work", HERE)
    assert keychain.get("work", HERE) is None


@pytest.mark.parametrize("backend", ["null", "fail", "file"])
def test_a_keychain_that_is_none_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    install(tmp_path, monkeypatch, backend)
    keychain = Keychain()
    assert not keychain.is_available()
    with pytest.raises(ConfigError, match="No keychain answers"):
        keychain.get("work", HERE)


def test_a_keychain_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, inside="time.sleep(20)")
    began = time.monotonic()
    with pytest.raises(ConfigError, match="did not answer within"):
        Keychain(limit_s=0.05).get("work", HERE)
    assert time.monotonic() - began < 5


def test_a_keychain_that_refuses_does_not_tell_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, inside=f"raise RuntimeError('locked {KEY}')")
    with pytest.raises(ConfigError, match="refused") as caught:
        Keychain().put("work", HERE, KEY)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_the_package_there_is_the_file(tmp_path: Path) -> None:
    sys.modules["keyring"] = None  # type: ignore[assignment]
    assert KeyStore(tmp_path / "config.toml").places() == ("file",)


def test_a_key_is_read_where_it_is_and_hidden_in_every_log_from_then_on(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "config.toml", {"MY_KEY": "variable-key-77"})
    log = redact.redactor([])
    keys.save("file", "work", "https://here.example/v1", "plain_key_in_file_1")
    assert keys.read(Connection("work", "https://here.example/v2", None, "file")) == "plain_key_in_file_1"
    assert keys.read(Connection("x", "https://x.example", "MY_KEY")) == "variable-key-77"
    assert keys.read(Connection("local", "http://localhost:1", None)) is None
    said = log("plain_key_in_file_1 variable-key-77 rest")
    assert said == f"{redact.HIDDEN} {redact.HIDDEN} rest"


def test_another_address_needs_the_key_anew(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "config.toml")
    keys.save("file", "work", "https://here.example/v1", KEY)
    for base_url in ("http://here.example/v1", "https://here.example:8443/v1", "https://there.example/v1"):
        with pytest.raises(ConfigError, match="Enter it again"):
            keys.read(Connection("work", base_url, None, "file"))


def test_each_configuration_file_has_keys_of_its_own_and_none_lie_beside_it(tmp_path: Path) -> None:
    home = paths.config_dir()
    assert key_file(home / "config.toml") == home / "keys" / "config.json"
    assert key_file(home / "other.toml") == home / "keys" / "other.json"
    project = key_file(tmp_path / "config.toml")
    assert project.parent == home / "keys"
    assert project != key_file(tmp_path / "a" / "config.toml")
