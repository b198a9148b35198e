"""Finished files over SFTP: the host's key is pinned, the bank signs in with a key of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncssh

from connectors.addresses import is_public
from connectors.evidence import Recorder
from connectors.http import persistently
from schema.errors import (
    ConnectionBroken,
    DataCorrupt,
    DataIncomplete,
    PortalTimeout,
    PortalUnavailable,
    RouteBroken,
)

MOST_BYTES = 64 << 20
PATIENT_FILE = 3
"""Timeouts that a whole exchange may take."""


@dataclass(frozen=True)
class SftpKeys:
    """``sftp_user``, the bank's private ``sftp_key`` and the server's public ``sftp_host_key``, in OpenSSH's
    form."""

    user: str
    key: asyncssh.SSHKey = field(repr=False)
    host_key: asyncssh.SSHKey

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> SftpKeys:
        """Raises ``RouteBroken`` naming the keys alone."""
        try:
            key = asyncssh.import_private_key(given["sftp_key"])
            return cls(given["sftp_user"], key, asyncssh.import_public_key(given["sftp_host_key"]))
        except (KeyError, asyncssh.KeyImportError):
            raise RouteBroken("sftp_user, sftp_key or sftp_host_key is missing or malformed") from None


class Sftp:
    """One server. Each file is a connection of its own: files are few and large."""

    def __init__(
        self,
        address: str,
        keys: SftpKeys,
        *,
        private: bool,
        timeout_seconds: float,
        recorder: Recorder | None = None,
    ) -> None:
        self._address, self._keys, self._recorder = urlsplit(address), keys, recorder or Recorder()
        self._private, self._timeout = private, timeout_seconds
        if self._address.scheme != "sftp" or not self._address.hostname:
            raise RouteBroken("the SFTP server's address is missing")

    def file(self, path: str) -> bytes:
        """The file, whole, tried again while that helps. Raises the causes of ``schema.errors``."""
        return persistently(lambda: self._once(path))

    def _once(self, path: str) -> bytes:
        where = f"{self._address.hostname} by SFTP"
        try:
            with self._recorder.exchange("SFTP", f"{self._address.geturl()}{path}") as noted:
                content = asyncio.run(asyncio.wait_for(self._read(path), self._timeout * PATIENT_FILE))
                noted.bytes = len(content)
                return content
        except TimeoutError:
            raise PortalTimeout(f"{where} did not answer in time") from None
        except asyncssh.HostKeyNotVerifiable:
            raise RouteBroken(f"{where} shows another host key than the one that is pinned") from None
        except asyncssh.PermissionDenied:
            raise RouteBroken(f"{where} refuses our key") from None
        except asyncssh.SFTPNoSuchFile:
            raise DataIncomplete(f"{where} has no such file") from None
        except asyncssh.Error:
            raise ConnectionBroken(f"{where} broke the connection") from None
        except OSError:
            raise PortalUnavailable(f"{where} is not reachable") from None

    async def _read(self, path: str) -> bytes:
        peer = await asyncio.to_thread(self._dialled)
        async with (
            asyncssh.connect(
                str(self._address.hostname),
                sock=peer,
                config=None,
                agent_path=None,
                known_hosts=([self._keys.host_key], [], []),
                username=self._keys.user,
                client_keys=[self._keys.key],
                preferred_auth="publickey",
                login_timeout=self._timeout,
            ) as connection,
            connection.start_sftp_client() as client,
            client.open(path, "rb") as found,
        ):
            content = await found.read(MOST_BYTES + 1)
        assert isinstance(content, bytes)
        if len(content) > MOST_BYTES:
            raise DataCorrupt(f"a file is longer than {MOST_BYTES} bytes")
        return content

    def _dialled(self) -> socket.socket:
        """A connected socket: no private address unless the deployment lists it, whatever the name says."""
        address = (str(self._address.hostname), self._address.port or 22)
        peer = socket.create_connection(address, self._timeout)
        if not self._private and not is_public(str(peer.getpeername()[0])):
            peer.close()
            raise RouteBroken(f"{address[0]} resolves to a private address")
        return peer
