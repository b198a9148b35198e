"""Promises about a portal that fails: each fault under its own name, and never a row of data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.site import Fault, FaultDoor, Who
from connectors.testing.verdict import Broken
from schema.dataset import Dataset
from schema.errors import (
    ContractChanged,
    PageChanged,
    PortalMaintenance,
    RateLimited,
    SessionExpired,
    TaxlinkError,
    WrongTaxpayer,
)

LATER_SECONDS = 600
"""What a struck portal asks to wait: longer than any connector waits by itself."""


@contextmanager
def struck(faults: FaultDoor, fault: Fault) -> Iterator[None]:
    """The portal has this fault within."""
    faults.strike(fault, seconds=LATER_SECONDS)
    try:
        yield
    finally:
        faults.clear()


class _Struck(Promise):
    """Read while the portal is struck with ``fault``; what follows is one of ``causes``."""

    fault: ClassVar[Fault]
    causes: ClassVar[tuple[type[TaxlinkError], ...]]
    timed: ClassVar[bool] = False
    """Whether the portal tells when to come again."""

    def keep(self, case: Case) -> str:
        faults, codes = case.faults(), list[str]()
        for dataset in self.datasets(case):
            self.prepare(case)
            with struck(faults, self.fault):
                reading = partial(self.read, case, dataset)
                error = case.raised(reading, *self.causes, within=f"reading {dataset}")
            if self.timed and error.retry_at is None:
                raise Broken(f"{error.code} does not tell when to come again (retry_at)")
            codes.append(error.code)
        with struck(faults, self.fault):
            self.sign_in(case)
        return ", ".join(dict.fromkeys(codes))

    def datasets(self, case: Case) -> list[Dataset]:
        return [Dataset.TAXPAYER]

    def prepare(self, case: Case) -> None:
        """What happens before the portal is struck."""
        case.shared()

    def read(self, case: Case, dataset: Dataset) -> None:
        case.read(case.shared(), dataset, case.unasked())

    def sign_in(self, case: Case) -> None:
        """What the fault means for an authorization that begins now."""


class _EveryDataset(_Struck):
    """Each dataset on its own: the session is at work when the fault strikes, so that it strikes the
    dataset's own page or message and not the first one of the session alone."""

    def datasets(self, case: Case) -> list[Dataset]:
        return sorted(case.connector().datasets)

    def prepare(self, case: Case) -> None:
        case.read(case.shared(), Dataset.TAXPAYER, case.unasked())


class _Begun(_Struck):
    """The same causes when an authorization begins, and no password spent on it."""

    def sign_in(self, case: Case) -> None:
        account = case.site.account(Who.PERMITTED)
        walk = case.walk(account, case.request(account))
        case.raised(walk.finish, *self.causes, within="signing in")
        walk.flow.close()
        if walk.credentials.moves:
            raise Broken("a password was spent on a portal that was closed")


class MaintenanceIsTold(_Begun):
    """A portal closed for maintenance is told as such, with the time to come again, and costs no password."""

    advice = "Map the notice (503, a title, a code) to PortalMaintenance and take retry_at from Retry-After."
    fault, causes, timed = Fault.MAINTENANCE, (PortalMaintenance,), True


class ThrottlingIsHonoured(_Struck):
    """A portal that asks to slow down is not asked again before the time it named."""

    advice = "Raise RateLimited with retry_at from Retry-After; wait in the connector for seconds alone."
    fault, causes, timed = Fault.THROTTLED, (RateLimited,), True


class ChangedLayoutGivesNoData(_EveryDataset):
    """Pages or messages in a form that nobody knows are told as changed and never become data."""

    advice = (
        "Check for every field and marker that is read; raise ContractChanged or PageChanged, never skip."
    )
    fault, causes = Fault.LAYOUT_CHANGED, (ContractChanged, PageChanged)


class AnotherCompanyIsNeverRead(_EveryDataset):
    """When the portal shows another company, nothing is read."""

    advice = (
        "Compare the id on the page or in the answer before the first page is yielded; raise WrongTaxpayer."
    )
    fault, causes = Fault.WRONG_COMPANY, (WrongTaxpayer,)

    def read(self, case: Case, dataset: Dataset) -> None:
        held, read = case.shared(), 0
        pages = case.connector().fetch(held.grant, held.account.taxpayer_id, dataset, case.unasked())
        try:
            for _ in pages:
                read += 1
        except WrongTaxpayer:
            if read:
                raise Broken(f"{read} pages of {dataset} were handed over first") from None
            raise


class ExpiredSessionIsTold(_Struck):
    """A session that the portal has ended is told as such, so that the person is asked once more."""

    advice = "Map the way to the sign-in page, or the code for a lost session, to SessionExpired."
    fault, causes = Fault.SESSION_LOST, (SessionExpired,)

    def keep(self, case: Case) -> str:
        try:
            return super().keep(case)
        finally:
            case.forget()
