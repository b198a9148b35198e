"""One authorization at a bureau: credentials, picture captcha, SMS code, 银税授权, receipt.

Every challenge is serializable: the session's cookie and form token are the sealed state. The password leaves
only with a solved captcha, so that each time it is sent the bureau judges it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.bureau.desk import Desk, Session, refused, sealable, unsealed
from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from schema.clock import BEIJING
from schema.errors import (
    AccountLocked,
    Action,
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ContractChanged,
    CredentialsRejected,
    GrantRevoked,
    SessionExpired,
    TaxlinkError,
    WrongTaxpayer,
)

CREDENTIALS_SECONDS, CAPTCHA_SECONDS = 900, 120
_START, _CAPTCHA, _CODE = "start", "captcha", "code"


class BureauFlow:
    """See ``connectors.interface.Flow``. ``signed_in`` is told the session once it is inside."""

    def __init__(
        self, desk: Desk, request: AuthorizationRequest, signed_in: Callable[[str, Session], None]
    ) -> None:
        self._desk, self._request, self._signed_in = desk, request, signed_in
        self._session, self._step, self._captcha = Session(), _START, ""

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        if answer is None:
            return self._return() or self._open(Session(), retry=False)
        if self._step == _CAPTCHA:
            return self._sign_in(_field(answer, "text"))
        if self._step == _CODE:
            return self._confirm(_field(answer, "code"))
        raise AnswerInvalid

    def state(self) -> bytes:
        reference = self._request.reference
        return sealable(self._session, reference=reference, step=self._step, captcha=self._captcha)

    def restore(self, state: bytes) -> None:
        """Raises ``ContractChanged`` for a state of another version or another authorization."""
        self._session, beside = unsealed(state)
        if beside["reference"] != self._request.reference:
            raise ContractChanged("the sealed flow is of another authorization")
        self._step, self._captcha = beside["step"], beside["captcha"]

    def close(self) -> None:
        """The session lives on at the bureau, for the fetches that follow or until it is idle."""

    def _return(self) -> Grant | None:
        """Go on in an earlier session; None when the bureau has dropped it."""
        if self._request.session is None:
            return None
        try:
            self._session, _ = unsealed(self._request.session)
            return self._authorize()
        except (SessionExpired, ContractChanged):
            return None

    def _open(self, session: Session, *, retry: bool) -> Challenge:
        """A captcha for the person, once there are credentials to send behind it."""
        if (account := self._request.credentials.current()) is None:
            self._step = _START
            return Challenge(ChallengeKind.CREDENTIALS, Resume.SERIALIZABLE, CREDENTIALS_SECONDS)
        shown = self._desk.ask(session, "captcha", person=_field(account, "person_id"))
        self._session, self._step, self._captcha = session, _CAPTCHA, _text(shown, "captcha")
        picture = _png(_text(shown, "picture"))
        return Challenge(
            ChallengeKind.PICTURE, Resume.SERIALIZABLE, CAPTCHA_SECONDS, picture=picture, retry=retry
        )

    def _sign_in(self, letters: str) -> Challenge:
        credentials = self._request.credentials
        if (account := credentials.current()) is None:
            return self._open(Session(), retry=False)
        try:
            solved = self._desk.once(self._session, "check", captcha=self._captcha, text=letters)
        except ChallengeRejected as error:
            if refused(error) != self._desk.portal.again.captcha:
                raise
            return self._open(self._session, retry=True)
        except SessionExpired:
            return self._open(Session(), retry=True)
        form = {
            "company": self._request.taxpayer_id,
            "person": _field(account, "person_id"),
            "password": _field(account, "password"),
            "solved": _text(solved, "solved"),
        }
        credentials.sending()
        try:
            sent = self._desk.once(self._session, "sign_in", **form)
        except (CredentialsRejected, AccountLocked):
            credentials.rejected()
            raise
        credentials.accepted()
        return self._asked_for_code(sent, retry=False)

    def _asked_for_code(self, sent: dict[str, Any], *, retry: bool) -> Challenge:
        self._step, self._captcha = _CODE, ""
        seconds = sent.get("seconds")
        if not isinstance(seconds, int):
            raise ContractChanged("a code was sent without its life")
        return Challenge(
            ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, seconds, hint=_text(sent, "phone"), retry=retry
        )

    def _confirm(self, code: str) -> Challenge | Grant:
        """Sent once. Where its fate is unknown, the bureau is asked whether the session is inside."""
        again = self._desk.portal.again
        try:
            self._desk.once(self._session, "code", code=code)
        except (ChallengeRejected, ChallengeExpired) as error:
            if refused(error) not in (again.code, again.late):
                raise
            step = "resend" if refused(error) == again.late else "pending"
            return self._asked_for_code(self._desk.ask(self._session, step), retry=True)
        except SessionExpired:
            return self._open(Session(), retry=True)
        except TaxlinkError as error:
            if error.action is not Action.RETRY or not self._inside():
                raise
        return self._authorize()

    def _inside(self) -> bool:
        try:
            return bool(self._desk.company(self._session))
        except TaxlinkError:
            return False

    def _authorize(self) -> Grant:
        """The company is compared first. The reference is the idempotency key of the grant."""
        request, portal = self._request, self._desk.portal
        if self._desk.company(self._session) != request.taxpayer_id:
            raise WrongTaxpayer("sign-in ended at another company")
        self._signed_in(request.reference, self._session)
        scopes = [
            {
                "scope": portal.scopes[dataset],
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
            }
            for dataset, period in sorted(request.scopes.items())
        ]
        made = self._desk.ask(
            self._session, "grant", reference=request.reference, bank=portal.bank, scopes=scopes
        )
        return granted(self._desk, self._session, made, request.reference, request.taxpayer_id)


def granted(desk: Desk, session: Session, made: dict[str, Any], reference: str, taxpayer_id: str) -> Grant:
    """授权回执 as a grant. Raises ``WrongTaxpayer``, ``GrantRevoked`` and ``ContractChanged``."""
    if _text(made, "company") != taxpayer_id:
        raise WrongTaxpayer("the receipt is of another company")
    if _text(made, "state") != desk.portal.active:
        raise GrantRevoked("the grant of this reference is no longer in force")
    receipt = _text(made, "receipt")
    secret = sealable(session, receipt=receipt, reference=reference)
    granted_at, expires_at = _instant(_text(made, "granted_at")), _instant(_text(made, "expires_at"))
    return Grant(receipt, granted_at, expires_at, secret, session=secret)


def _field(answer: Answer, name: str) -> str:
    if not (value := answer.get(name, "").strip()):
        raise AnswerInvalid
    return value


def _text(answered: dict[str, Any], word: str) -> str:
    found = answered.get(word)
    if not isinstance(found, str):
        raise ContractChanged(f"an answer lacks {word}")
    return found


def _png(printed: str) -> bytes:
    """Base64, bare or as a data URL."""
    try:
        return base64.b64decode(printed.rpartition(",")[2], validate=True)
    except binascii.Error:
        raise ContractChanged("a captcha is no picture") from None


def _instant(printed: str) -> datetime:
    try:
        return datetime.strptime(printed, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise ContractChanged("a time is printed in another form") from None
