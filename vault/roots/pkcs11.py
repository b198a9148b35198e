"""The root in a token behind PKCS #11 (an HSM): its keys are made there and never leave it.

``pkcs11:token=LABEL;object=LABEL?module-path=/path/to/library.so`` (RFC 7512), the PIN in
``TAXLINK_ROOT_PIN``. A version is one AES-256 key with the object's label and the version as its id;
wrapping is CKM_AES_GCM.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, Session

from schema.errors import RootKeyUnavailable
from vault.ciphers import NONCE_BYTES, TAG_BYTES, Bytes

PIN_VARIABLE = "TAXLINK_ROOT_PIN"
_VERSION_BYTES = 4
_KEY_BITS = 256


@dataclass(frozen=True)
class Login:
    """One session with a token, until the process ends: a process logs into a token once, and a session
    serves one thread at a time."""

    session: Session
    one_at_a_time: threading.Lock


class TokenRoot:
    """Keys of one label in a token."""

    def __init__(self, login: Login, token: str, label: str) -> None:
        self._session, self._one_at_a_time = login.session, login.one_at_a_time
        self._label = label
        self._name = f"pkcs11:{token}/{label}"
        self._keys = self._found()
        self._rotated_to = 0

    @property
    def name(self) -> str:
        return self._name

    def wrap(self, key: Bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        with self._one_at_a_time:
            self._keys = self._found()
            if not self._keys:
                raise RootKeyUnavailable("the token has no key of this label")
            newest = max(self._keys)
            try:
                sealed = self._keys[newest].encrypt(
                    bytes(key), mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(nonce, context)
                )
            except pkcs11.PKCS11Error as error:
                raise _unavailable(error) from None
        return newest.to_bytes(_VERSION_BYTES, "big") + nonce + bytes(sealed)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytearray:
        version = int.from_bytes(wrapped[:_VERSION_BYTES], "big")
        nonce, sealed = wrapped[_VERSION_BYTES:][:NONCE_BYTES], wrapped[_VERSION_BYTES + NONCE_BYTES :]
        with self._one_at_a_time:
            if version not in self._keys:
                self._keys = self._found()
            if version not in self._keys:
                raise RootKeyUnavailable(f"version {version} of the root is retired, or not in this token")
            try:
                key = self._keys[version].decrypt(
                    sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(nonce, context)
                )
            except pkcs11.PKCS11Error as error:
                raise _unavailable(error) from None
        return bytearray(key)

    def rotate(self) -> None:
        with self._one_at_a_time:
            self._keys = self._found()
            self._rotated_to = max(self._keys, default=0) + 1
            self._keys[self._rotated_to] = self._made(self._rotated_to)

    def retire(self) -> None:
        with self._one_at_a_time:
            for version, key in self._found().items():
                if version < self._rotated_to:
                    key.destroy()
            self._keys = self._found()

    def close(self) -> None:
        self._keys = {}

    def _made(self, version: int) -> Any:
        try:
            return self._session.generate_key(
                KeyType.AES,
                _KEY_BITS,
                id=version.to_bytes(_VERSION_BYTES, "big"),
                label=self._label,
                store=True,
                template={
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                    Attribute.MODIFIABLE: False,
                },
            )
        except pkcs11.PKCS11Error as error:
            raise _unavailable(error) from None

    def _found(self) -> dict[int, Any]:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._label}
        try:
            return {
                int.from_bytes(key[Attribute.ID], "big"): key for key in self._session.get_objects(wanted)
            }
        except pkcs11.PKCS11Error as error:
            raise _unavailable(error) from None


def open_token(uri: str, *, fresh: bool) -> TokenRoot:
    """The token of an RFC 7512 URI (without its scheme).

    ``fresh``: a first key is made when the token has none of this label. Raises ``RootKeyUnavailable``.
    """
    path, _, query = uri.partition("?")
    named = dict(part.partition("=")[::2] for part in path.split(";"))
    token, label = unquote(named.get("token", "")), unquote(named.get("object", "taxlink root"))
    module, pin = parse_qs(query).get("module-path", [""])[0], os.environ.get(PIN_VARIABLE, "")
    if not (token and module and pin):
        raise RootKeyUnavailable(f"a PKCS #11 root needs token, module-path and {PIN_VARIABLE}")
    try:
        login = _login(module, token, pin)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise _unavailable(error) from None
    root = TokenRoot(login, token, label)
    if fresh:
        root.rotate()
    return root


@cache
def _login(module: str, token: str, pin: str) -> Login:
    return Login(
        pkcs11.lib(module).get_token(token_label=token).open(user_pin=pin, rw=True), threading.Lock()
    )


def _parameters(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce, context, TAG_BYTES * 8)


def _unavailable(error: Exception) -> RootKeyUnavailable:
    return RootKeyUnavailable(f"the token refused ({type(error).__name__})")
