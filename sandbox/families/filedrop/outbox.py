"""The portal's outbox over SFTP: read-only, for the one registered bank, by its key."""

from __future__ import annotations

import asyncio
import io
import socket

import asyncssh

from sandbox.families.filedrop.deliveries import Deliveries
from sandbox.families.filedrop.problems import Problem

FOLDER = "/outbox/"
USER = "shahe-bank"


class Outbox:
    """Listens on loopback from the start; serves once the loop that made it runs on."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._bank_key = asyncssh.generate_private_key("ssh-ed25519")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._serving = asyncio.get_running_loop().create_task(self._serve())

    @property
    def address(self) -> str:
        return f"sftp://127.0.0.1:{self._listener.getsockname()[1]}"

    def client_keys(self) -> dict[str, str]:
        return {
            "sftp_user": USER,
            "sftp_key": self._bank_key.export_private_key().decode(),
            "sftp_host_key": self._host_key.export_public_key().decode(),
        }

    async def _serve(self) -> asyncssh.SSHAcceptor:
        deliveries, bank_key = self._deliveries, self._bank_key.convert_to_public()

        class Gate(asyncssh.SSHServer):
            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == USER and key == bank_key

        class Shelf(asyncssh.SFTPServer):
            """Nothing but reading a finished file by its name."""

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> io.BytesIO:
                if pflags != asyncssh.FXF_READ:
                    raise asyncssh.SFTPPermissionDenied("the outbox is read-only")
                name = path.decode()
                if not name.startswith(FOLDER):
                    raise asyncssh.SFTPNoSuchFile("no such file")
                try:
                    return io.BytesIO(deliveries.file(name.removeprefix(FOLDER)))
                except Problem:
                    raise asyncssh.SFTPNoSuchFile("no such file") from None

            def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
                assert isinstance(file_obj, io.BytesIO)
                return asyncssh.SFTPAttrs(size=len(file_obj.getbuffer()), permissions=0o100444)

        return await asyncssh.listen(
            sock=self._listener, server_factory=Gate, server_host_keys=[self._host_key], sftp_factory=Shelf
        )
