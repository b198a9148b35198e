"""The root in the transit engine of OpenBao (or HashiCorp Vault): its keys never leave the server.

``openbao:https://bao.internal:8200/transit/taxlink``: the server, the engine's mount, the key's name. The
token stands in ``TAXLINK_ROOT_TOKEN``; its policy needs ``update`` on encrypt, decrypt, rotate and config
of that key.
"""

from __future__ import annotations

import base64
import os
from urllib.parse import urlsplit

import requests
from hvac import Client
from hvac.exceptions import VaultError as Refused

from schema.errors import RootKeyUnavailable
from vault.ciphers import Bytes

TOKEN_VARIABLE = "TAXLINK_ROOT_TOKEN"
_PATIENCE_SECONDS = 10


class TransitRoot:
    """Asks the server at every wrap; the server counts versions and keeps the lowest that it opens."""

    def __init__(self, client: Client, mount: str, key: str) -> None:
        self._client, self._mount, self._key = client, mount, key
        self._rotated_to = 0

    @property
    def name(self) -> str:
        return f"openbao:{self._mount}/{self._key}"

    def wrap(self, key: Bytes, context: bytes) -> bytes:
        answer = self._asked(
            f"encrypt/{self._key}", plaintext=_text(bytes(key)), associated_data=_text(context)
        )
        return str(answer["ciphertext"]).encode()

    def unwrap(self, wrapped: bytes, context: bytes) -> bytearray:
        answer = self._asked(
            f"decrypt/{self._key}",
            ciphertext=wrapped.decode("ascii", "replace"),
            associated_data=_text(context),
        )
        return bytearray(base64.b64decode(str(answer["plaintext"])))

    def rotate(self) -> None:
        self._asked(f"keys/{self._key}/rotate")
        self._rotated_to = self._newest()

    def retire(self) -> None:
        floor = self._rotated_to
        self._asked(f"keys/{self._key}/config", min_decryption_version=floor, min_encryption_version=floor)
        self._asked(f"keys/{self._key}/trim", min_available_version=floor)

    def close(self) -> None:
        self._client.adapter.close()

    def make(self) -> None:
        """The key, unless it is there. Its type, AES-256-GCM, takes associated data."""
        self._asked(f"keys/{self._key}", type="aes256-gcm96", exportable=False)

    def _newest(self) -> int:
        try:
            answer = self._client.read(f"{self._mount}/keys/{self._key}")
        except (Refused, requests.RequestException) as error:
            raise _unavailable(error) from None
        if not isinstance(answer, dict):
            raise RootKeyUnavailable("OpenBao has no such key")
        return int(answer["data"]["latest_version"])

    def _asked(self, path: str, **fields: object) -> dict[str, object]:
        try:
            answer = self._client.write_data(f"{self._mount}/{path}", data=fields)
        except (Refused, requests.RequestException) as error:
            raise _unavailable(error) from None
        return dict(answer["data"] or {}) if isinstance(answer, dict) else {}


def open_transit(url: str, *, fresh: bool) -> TransitRoot:
    """The engine at ``url``. ``fresh``: the key is made when it is not there. Raises
    ``RootKeyUnavailable``."""
    parts, token = urlsplit(url), os.environ.get(TOKEN_VARIABLE, "")
    mount, _, key = parts.path.strip("/").rpartition("/")
    if not (parts.scheme in ("http", "https") and parts.netloc and mount and key and token):
        raise RootKeyUnavailable(f"an OpenBao root needs https://host:port/mount/key and {TOKEN_VARIABLE}")
    http = requests.Session()
    http.trust_env = False  # a proxy of the environment must not see the keys
    client = Client(f"{parts.scheme}://{parts.netloc}", token=token, timeout=_PATIENCE_SECONDS, session=http)
    root = TransitRoot(client, mount, key)
    if fresh:
        root.make()
    return root


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _unavailable(error: Exception) -> RootKeyUnavailable:
    return RootKeyUnavailable(f"OpenBao refused ({type(error).__name__})")
