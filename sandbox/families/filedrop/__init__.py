"""A delivery portal (文件交换平台). The connector's README describes the wire."""

from __future__ import annotations

from sandbox.applications import Applications
from sandbox.families.filedrop.counter import APP_ID, OWN_FAULTS, Counter
from sandbox.families.filedrop.deliveries import Deliveries
from sandbox.families.filedrop.outbox import Outbox
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The portal with one registered bank, and its outbox at ``hosts["sftp"]``. ``keys``: ``app_id``,
    ``app_secret`` (hex), ``sftp_user``, ``sftp_key`` and ``sftp_host_key`` (OpenSSH)."""
    applications = Applications(portal)
    deliveries = Deliveries(portal, applications)
    counter, outbox = Counter(portal, applications, deliveries), Outbox(deliveries)
    keys = {"app_id": APP_ID, "app_secret": counter.secret.hex(), **outbox.client_keys()}
    return Built(counter, keys=keys, addresses={"sftp": outbox.address}, own_faults=OWN_FAULTS)
