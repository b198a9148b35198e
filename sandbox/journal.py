"""The portal's own log: what really happened at the portal, for proofs about the suite.

Passwords and codes appear as salted digests only, so that "the same rejected password came twice" can be
told.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Lock

_SALT = os.urandom(16)


def digest(secret: str) -> str:
    """A stable mark of a secret within this process."""
    return hashlib.blake2b(secret.encode(), key=_SALT, digest_size=8).hexdigest()


@dataclass(frozen=True)
class Entry:
    """``event`` is one of: sign_in_accepted, sign_in_rejected, sign_in_locked, captcha_wrong, sms_sent,
    sms_wrong, code_shown, approval_asked, session_started, session_ended, identity_chosen, grant_made,
    grant_repeated, grant_revoked, page_served, file_requested, refused."""

    at: str
    region: str
    family: str
    event: str
    taxpayer_id: str = ""
    person_id: str = ""
    mark: str = ""
    detail: str = ""


class Journal:
    """Append-only, in memory, safe across threads."""

    def __init__(self, region: str, family: str) -> None:
        self._region, self._family = region, family
        self._entries: list[Entry] = []
        self._lock = Lock()

    def write(
        self, event: str, *, taxpayer_id: str = "", person_id: str = "", mark: str = "", detail: str = ""
    ) -> None:
        at = datetime.now(UTC).isoformat()
        with self._lock:
            self._entries.append(
                Entry(at, self._region, self._family, event, taxpayer_id, person_id, mark, detail)
            )

    def entries(self) -> list[dict[str, str]]:
        with self._lock:
            return [asdict(entry) for entry in self._entries]
