"""Certificates that are missing are named, and plain http needs none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from aimltui.client.errors import TransportError
from aimltui.client.http import HTTPTransport, Patience, Remote
from aimltui.common.errors import ConnectionSettingError
from aimltui.common.tls import missing_certificates, verifying_context
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient, warm_up
from aimltui.wire import operations as op
from aimltui.wire.models import ListModels


def test_a_variable_that_names_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.pem")
    assert missing_certificates({"SSL_CERT_FILE": gone}).startswith(
        f"SSL_CERT_FILE names “{gone}”, which does not exist"
    )
    assert missing_certificates({"SSL_CERT_DIR": gone}).startswith("SSL_CERT_DIR names")
    assert missing_certificates({"SSL_CERT_FILE": str(tmp_path)}) == missing_certificates({}) == ""


async def test_https_tells_of_missing_certificates_and_http_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    with pytest.raises(ModelError, match="SSL_CERT_FILE names"):
        await EndpointClient(Endpoint("a", "https://models.example/v1")).client()
    plain = EndpointClient(Endpoint("b", "http://127.0.0.1:9/v1"))
    await plain.client()
    await plain.aclose()


def test_of_several_folders_one_may_be_missing(tmp_path: Path) -> None:
    folders = os.pathsep.join([str(tmp_path / "gone"), str(tmp_path)])
    assert missing_certificates({"SSL_CERT_DIR": folders}) == ""
    assert missing_certificates({"SSL_CERT_FILE": folders}).startswith("SSL_CERT_FILE names")


async def test_a_file_that_holds_no_certificates_is_named_by_every_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").touch()
    for place in (tmp_path / "empty.pem", tmp_path):
        monkeypatch.setenv("SSL_CERT_FILE", str(place))
        says = f"SSL_CERT_FILE names “{place}”, which cannot be used"
        with pytest.raises(ConnectionSettingError, match=re.escape(says)):
            verifying_context()
        with pytest.raises(ModelError, match=re.escape(says)) as model:
            await EndpointClient(Endpoint("a", "https://models.example/v1")).client()
        transport = HTTPTransport(Remote("https://models.example/v1"), Patience(tries=1))
        with pytest.raises(TransportError, match=re.escape(says)) as remote:
            await transport.call(op.LIST_MODELS, ListModels())
        assert model.value.remedy == remote.value.remedy
        assert "_ssl.c" not in model.value.message
        # the program starts all the same
        warm_up()
