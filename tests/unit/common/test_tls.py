"""Certificates that are missing are named, and plain http needs none."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.common.tls import missing_certificates
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient


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
