"""A delivery portal (文件交换平台): files are asked for, prepared, and fetched over HTTPS or SFTP."""

from __future__ import annotations

from connectors.evidence import Recorder
from connectors.families.filedrop.api import FiledropApi, Keys
from connectors.families.filedrop.connector import Download, FiledropConnector
from connectors.families.filedrop.portal import PORTAL
from connectors.families.filedrop.sftp import Sftp, SftpKeys
from connectors.http import PortalHttp
from connectors.interface import Connector
from connectors.registry import Endpoint, Tools


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The API route of a region. ``target.keys`` as the README lists them, else ``RouteBroken``."""
    limits = target.overlay.limits
    http = PortalHttp(
        target.base_url,
        private=target.private,
        timeout_seconds=limits.timeout_seconds,
        connections=limits.concurrency,
        recorder=tools.recorder,
    )
    api = FiledropApi(http, Keys.parse(target.keys), PORTAL)
    download = _by_sftp(target, tools.recorder) if target.overlay.transport == "sftp" else api.file
    return FiledropConnector(target.region, api, download, target.overlay, PORTAL)


def _by_sftp(target: Endpoint, recorder: Recorder) -> Download:
    sftp = Sftp(
        target.hosts.get("sftp", ""),
        SftpKeys.parse(target.keys),
        private=target.private,
        timeout_seconds=target.overlay.limits.timeout_seconds,
        recorder=recorder,
    )
    return lambda name: sftp.file(PORTAL.outbox + name)
