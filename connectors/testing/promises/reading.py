"""Promises about data: the right company's, whole, and nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.verdict import Broken, NotApplicable
from schema.dataset import Dataset
from schema.errors import GrantRevoked, SessionExpired, TaxlinkError
from schema.raw import RawPage

PERIODIC = (Dataset.TAX_RETURN, Dataset.INVOICE)
"""Datasets that have a period, so that one without any record exists."""
OFTEN_EMPTY = frozenset({Dataset.TAX_VIOLATION, Dataset.TAXPAYER_CHANGE})
"""What a company without trouble has nothing of."""


def counts(pages: Sequence[RawPage]) -> set[int]:
    """What the portal counts, on the pages that tell it."""
    return {page.portal_total for page in pages if page.portal_total is not None}


class AuthorizesAndReadsEveryDataset(Promise):
    """An authorization ends in a grant; under it every dataset is read, of the right company, and as many
    records as the portal counts."""

    advice = "Look the cause up in the family's README, and compare the portal's pages with its examples."

    def keep(self, case: Case) -> str:
        case.fresh().probe()
        held, rows = case.shared(), dict[Dataset, int]()
        if not held.grant.receipt:
            raise Broken("the grant has no receipt number (授权回执)")
        for dataset in sorted(case.connector().datasets):
            try:
                pages, reading = case.read(held, dataset, case.site.period)
            except TaxlinkError as error:
                case.say(error)
                raise Broken(f"{dataset} raised {error.code}: {error.detail}") from None
            if not pages:
                raise Broken(f"{dataset} came without a page")
            if any(page.dataset != dataset or page.route != case.site.target.route for page in pages):
                raise Broken(f"a page of {dataset} has another provenance")
            if foreign := reading.companies - {held.account.taxpayer_id}:
                raise Broken(f"{dataset} names {len(foreign)} other companies as its own")
            if dataset in (*PERIODIC, *OFTEN_EMPTY) and not counts(pages):
                raise Broken(f"no page of {dataset} tells the portal's count")
            rows[dataset] = reading.rows
        if empty := [
            dataset for dataset, number in rows.items() if not number and dataset not in OFTEN_EMPTY
        ]:
            raise Broken(f"nothing was read of {', '.join(empty)}; certify with a company that has data")
        return ", ".join(f"{dataset} {number}" for dataset, number in rows.items())


class EmptinessIsProven(Promise):
    """A period without records gives pages on which the portal itself counts zero."""

    advice = (
        "Yield the empty page with portal_total=0 instead of no page; take no page for zero without a count."
    )

    def keep(self, case: Case) -> str:
        if case.site.empty is None:
            raise NotApplicable("nobody named a period without records of this company")
        held = case.shared()
        for dataset in (each for each in PERIODIC if each in case.connector().datasets):
            try:
                pages, reading = case.read(held, dataset, case.site.empty)
            except TaxlinkError as error:
                case.say(error)
                raise Broken(f"an empty period of {dataset} raised {error.code}") from None
            if not pages:
                raise Broken(f"an empty period of {dataset} gave no page, so nothing proves it")
            if counts(pages) != {0} or reading.rows:
                raise Broken(f"an empty period of {dataset} came without the portal's count of zero")
        return f"zero by the portal's own count in {case.site.empty}"


class RevocationEndsReading(Promise):
    """A withdrawn grant opens nothing any more, and withdrawing twice does no harm."""

    advice = "Withdraw at the portal in revoke(), idempotently, and map its later refusals to GrantRevoked."

    def keep(self, case: Case) -> str:
        held = case.shared()
        revoke = case.connector().revoke
        try:
            revoke(held.grant, held.account.taxpayer_id)
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"withdrawing raised {error.code}") from None
        case.forget()
        try:
            revoke(held.grant, held.account.taxpayer_id)
        except (GrantRevoked, SessionExpired) as error:
            case.say(error)
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"withdrawing twice raised {error.code}") from None
        case.fresh()
        codes: list[str] = []
        for dataset in sorted(case.connector().datasets):
            reading = partial(case.pages, held, dataset, case.unasked())
            within = f"reading {dataset} after withdrawal"
            codes.append(case.raised(reading, GrantRevoked, SessionExpired, within=within).code)
        seen = " and ".join(dict.fromkeys(codes))
        return f"{seen}, by a connector that knew nothing of the withdrawal"


class NothingSecretIsTold(Promise):
    """No password, code or token stands in a log, an error, the print of a grant or the evidence; nor in the
    evidence whose it is."""

    advice = (
        "Name hosts, paths, codes and counts in details; mark fields repr=False; raise causes 'from None'."
    )

    def keep(self, case: Case) -> str:
        if leaks := list(case.secrets.leaks(case.texts())):
            raise Broken(f"{len(leaks)} texts tell a secret, among them: {leaks[0]} …")
        if any(owner in text for owner in case.owners for text in case.evidence()):
            raise Broken("the evidence tells the id of a company or a person")
        return f"{len(case.secrets)} secrets looked for in {sum(1 for _ in case.texts())} texts"
