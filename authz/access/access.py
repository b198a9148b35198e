"""Everything about access, put together."""

from __future__ import annotations

from sqlalchemy import Engine

from authz.access.approvals import Approvals
from authz.access.sessions import Sessions
from authz.access.signin import SignIn
from authz.access.throttle import Throttle
from authz.access.unmasking import Unmaskings
from authz.access.users import Users
from authz.ledger import Ledger
from vault.vault import Vault


class Access:
    """The console's users and what they may do. One a process."""

    def __init__(self, engine: Engine, vault: Vault, ledger: Ledger) -> None:
        self.users = Users(engine, vault, ledger.audit)
        self.sessions = Sessions(engine, self.users)
        throttle = Throttle(engine, vault.service_key("sign-in"))
        self.sign_in = SignIn(engine, self.users, self.sessions, throttle, ledger.audit)
        self.approvals = Approvals(engine, ledger)
        self.unmaskings = Unmaskings(engine, ledger)
