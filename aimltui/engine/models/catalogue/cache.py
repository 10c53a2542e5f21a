"""Saves lists of models, one file per connection. A file that cannot be read is ignored."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, fields
from itertools import count
from pathlib import Path
from typing import Any

from aimltui.engine.models.base import ModelInfo, Price
from aimltui.engine.models.catalogue.catalogue import Catalogue
from aimltui.engine.models.catalogue.values import count_of, dollars, id_of, text_of, tokens_of, words
from aimltui.engine.models.endpoint.endpoint import Endpoint

log = logging.getLogger(__name__)

_FORMAT = 1
"""The version of the files; files of another version are ignored."""
_LIMIT_BYTES = 32 * 1024 * 1024
_NAMES = tuple(field.name for field in fields(ModelInfo) if field.name != "connection")
_serial = count()


class CatalogueCache:
    """The saved list of one connection.

    Args:
        directory: Where the files are; created at the first write.
        endpoint: The endpoint of the connection. The file depends on its address and name, not on the key.
    """

    def __init__(self, directory: Path, endpoint: Endpoint) -> None:
        self._base_url = endpoint.base_url
        digest = hashlib.sha256(f"{endpoint.base_url}\n{endpoint.name}".encode("utf-8", "surrogatepass"))
        self.file = directory / f"models-{digest.hexdigest()[:32]}.json"

    def load(self) -> Catalogue | None:
        """The saved list; None if there is no usable one. Blocks."""
        try:
            with self.file.open("rb") as stream:
                content = json.loads(stream.read(_LIMIT_BYTES))
            if content["format"] != _FORMAT or content["base_url"] != self._base_url:
                return None
            models = tuple(model for row in content["models"] if (model := _model(row)) is not None)
            as_of, etag = int(content["as_of"]), str(content["etag"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.info("a saved list of models is ignored: %s", type(error).__name__)
            return None
        return Catalogue(models, as_of, "cache", etag) if models and as_of > 0 else None

    def save(self, catalogue: Catalogue) -> None:
        """Save a list atomically and readable for its owner only. An empty list is not saved. Blocks."""
        if not catalogue.models:
            return
        content = {
            "format": _FORMAT,
            "base_url": self._base_url,
            "as_of": catalogue.as_of,
            "etag": catalogue.etag,
            "models": [_row(model) for model in catalogue.models],
        }
        temporary = self.file.with_name(f".{self.file.name}.{os.getpid()}.{next(_serial)}.tmp")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
                json.dump(content, stream, separators=(",", ":"))
            temporary.replace(self.file)
        except OSError as error:
            # The list is usable without the file; the next start fetches it again.
            log.warning("the list of models cannot be saved: %s", error.strerror or error)
            with suppress(OSError):
                temporary.unlink()


def _row(model: ModelInfo) -> dict[str, Any]:
    """A model as JSON, without unknown facts."""
    row: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(model, name)
        if value in (None, "", ()):
            continue
        if isinstance(value, Price):
            value = asdict(value)
        elif isinstance(value, frozenset):
            value = sorted(value)
        row[name] = value
    return row


def _model(row: Any) -> ModelInfo | None:
    model_id = id_of(row.get("id"))
    if model_id is None:
        return None
    price = row.get("price")
    protocol = row.get("tool_protocol")
    aliases = [id_of(alias) for alias in row.get("aliases", ())]
    return ModelInfo(
        id=model_id,
        name=text_of(row.get("name")),
        vendor=text_of(row.get("vendor")),
        context_length=tokens_of(row.get("context_length")),
        created_at=row["created_at"] if isinstance(row.get("created_at"), int) else None,
        tool_protocol=protocol if protocol in ("auto", "calls", "fenced") else None,
        output_limit=tokens_of(row.get("output_limit")),
        aliases=tuple(alias for alias in aliases if alias),
        abilities=words(row.get("abilities")),
        price=Price(*(dollars(price.get(part)) for part in ("prompt", "completion", "cached")))
        if price
        else None,
        endpoints=words(row.get("endpoints")),
        description=text_of(row.get("description"), limit=400),
        inputs=words(row.get("inputs")),
        remark=text_of(row.get("remark")),
        parameters=count_of(row.get("parameters")),
    )
