"""The person's portal password as a connector sees it: readable only while the vault's single-use rule allows
it."""

from __future__ import annotations

from connectors.interface import Answer
from schema.errors import SecretSpent
from vault.secrets import Secrets


class SealedCredentials:
    """``connectors.interface.Credentials`` over a vault reference, or over nothing when none was entered
    yet."""

    def __init__(self, secrets: Secrets, ref: str | None) -> None:
        self._secrets, self._ref = secrets, ref

    def current(self) -> Answer | None:
        """The account and password, or None when there is none that may be sent."""
        if self._ref is None:
            return None
        try:
            return self._secrets.current(self._ref)
        except SecretSpent:
            return None

    def sending(self) -> None:
        """Durable, before the password leaves. Raises ``SecretSpent`` when it may not be sent."""
        self._secrets.sending(self._held())

    def accepted(self) -> None:
        """The portal took it: it may sign in again within this flow."""
        self._secrets.accepted(self._held())

    def rejected(self) -> None:
        """The portal refused it: destroyed, and never accepted from the person again."""
        self._secrets.rejected(self._held())

    def _held(self) -> str:
        if self._ref is None:
            raise SecretSpent("no password was entered")
        return self._ref
