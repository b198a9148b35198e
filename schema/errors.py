"""Every cause of failure, one class each.

The class says what happens next (``action``), who must act (``actor``) and what the person is told: the first
docstring line in English, ``zh`` in Chinese. ``detail`` is for operations and must never carry a secret or a
payload. ``code`` is the class name in snake case; it is what callers, logs and tables hold.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from schema.contract import Change, ChangeKind


class Action(StrEnum):
    """What the suite does next."""

    RETRY = "retry"
    WAIT = "wait"
    FALL_BACK = "fall_back"
    ASK_PERSON = "ask_person"
    REAUTHORIZE = "reauthorize"
    STOP = "stop"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"
    """A caller's or a person's input is refused; nothing changes."""


class Actor(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    BORROWER = "borrower"
    CALLER = "caller"
    OPERATIONS = "operations"


class TaxlinkError(Exception):
    """Something went wrong inside Taxlink."""

    action: ClassVar[Action] = Action.STOP
    actor: ClassVar[Actor] = Actor.OPERATIONS
    zh: ClassVar[str] = "系统内部错误"
    status: ClassVar[int] = 500
    """HTTP status when it answers a caller."""

    def __init__(self, detail: str = "", *, retry_at: datetime | None = None) -> None:
        super().__init__(detail or self.message())
        self.detail = detail
        self.retry_at = retry_at

    @classmethod
    def message(cls) -> str:
        """The English message: the first line of the docstring."""
        return (inspect.cleandoc(cls.__doc__ or "")).splitlines()[0]

    @classmethod
    def cause_code(cls) -> str:
        """``CredentialsRejected`` → ``credentials_rejected``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def code(self) -> str:
        return self.cause_code()


# --- the portal's faults ---


class PortalError(TaxlinkError):
    """The tax portal failed."""

    zh = "税务门户发生错误"
    status = 502


class PortalUnavailable(PortalError):
    """The tax portal is not reachable at the moment."""

    action, actor, zh = Action.RETRY, Actor.NOBODY, "税务门户暂时无法访问"


class PortalTimeout(PortalError):
    """The tax portal took too long to answer."""

    action, actor, zh = Action.RETRY, Actor.NOBODY, "税务门户响应超时"


class ConnectionBroken(PortalError):
    """The connection to the tax portal broke off."""

    action, actor, zh = Action.RETRY, Actor.NOBODY, "与税务门户的连接中断"


class PortalMaintenance(PortalError):
    """The tax portal is closed for maintenance."""

    action, actor, zh = Action.WAIT, Actor.NOBODY, "税务门户正在维护"


class RateLimited(PortalError):
    """The tax portal asks us to slow down."""

    action, actor, zh = Action.WAIT, Actor.NOBODY, "税务门户访问过于频繁，请稍后再试"


class ResultNotReady(PortalError):
    """The tax portal is still preparing the data."""

    action, actor, zh = Action.WAIT, Actor.NOBODY, "税务门户正在准备数据"


class RouteAbsent(PortalError):
    """This region has no such route."""

    action, actor, zh = Action.FALL_BACK, Actor.OPERATIONS, "该地区没有此接入方式"


class RouteBroken(PortalError):
    """This route does not work at the moment."""

    action, actor, zh = Action.FALL_BACK, Actor.OPERATIONS, "该接入方式暂时不可用"


class ContractChanged(PortalError):
    """The tax portal answered in a form we do not know."""

    action, actor, zh = Action.FALL_BACK, Actor.OPERATIONS, "税务门户的数据格式已变化"

    def __init__(
        self, detail: str = "", *, changes: Sequence[Change] = (), retry_at: datetime | None = None
    ) -> None:
        super().__init__(detail, retry_at=retry_at)
        self.changes = tuple(changes) or (Change(ChangeKind.FORM, "", self.detail),)
        """Where the payload differs, as far as it is known by places."""


class PageChanged(PortalError):
    """A page of the tax portal looks different from what we know."""

    action, actor, zh = Action.FALL_BACK, Actor.OPERATIONS, "税务门户的页面已变化"


# --- the person ---


class ChallengeRejected(PortalError):
    """The tax portal did not accept this answer; please try again."""

    action, actor, zh, status = Action.ASK_PERSON, Actor.BORROWER, "验证未通过，请重试", 409


class ChallengeExpired(PortalError):
    """This verification has expired; please ask for a new one."""

    action, actor, zh, status = Action.ASK_PERSON, Actor.BORROWER, "验证已过期，请重新获取", 409


class IdentityChoiceNeeded(PortalError):
    """Please choose the company and role to sign in with."""

    action, actor, zh, status = Action.ASK_PERSON, Actor.BORROWER, "请选择登录的企业和身份", 409


class LoginNeeded(PortalError):
    """Please sign in to the tax portal."""

    action, actor, zh, status = Action.ASK_PERSON, Actor.BORROWER, "请登录税务门户", 409


# --- the right to read ---


class ConsentExpired(TaxlinkError):
    """The consent has expired."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "授权书已过期", 403


class ConsentWithdrawn(TaxlinkError):
    """The consent was withdrawn."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "授权已撤回", 403


class ConsentSuspended(TaxlinkError):
    """The consent is suspended."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "授权已暂停", 403


class ConsentMissing(TaxlinkError):
    """Somebody's consent to these data is missing."""

    action, actor, zh, status = Action.QUARANTINE, Actor.BORROWER, "缺少相关人员对此类数据的授权", 403


class ConsentAltered(TaxlinkError):
    """The consent on record is not the one that was signed; nothing is read."""

    zh = "授权书与签署版本不一致，未读取任何数据"


class ClockMovedBack(TaxlinkError):
    """The clock of this machine stands before what is on record; nothing is read."""

    action, zh, status = Action.WAIT, "系统时钟早于已有记录，暂停读取", 503


class ScopeDenied(TaxlinkError):
    """The consent does not cover this."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "超出授权范围", 403


class GrantRevoked(PortalError):
    """The authorization was revoked at the tax portal."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "税务门户上的授权已被撤销", 403


class SessionExpired(PortalError):
    """The session at the tax portal has ended."""

    action, actor, zh, status = Action.REAUTHORIZE, Actor.BORROWER, "税务门户会话已过期", 409


# --- the end of the road ---


class CredentialsRejected(PortalError):
    """The tax portal rejected the account or password; it was not tried again."""

    action, actor, zh, status = Action.STOP, Actor.BORROWER, "账号或密码错误，系统不会重复尝试", 422


class AccountLocked(PortalError):
    """The account is locked at the tax portal."""

    action, actor, zh, status = Action.STOP, Actor.BORROWER, "账号已被税务门户锁定", 422


class RoleNotPermitted(PortalError):
    """Only the legal representative or the finance officer may authorize a bank."""

    action, actor, zh, status = Action.STOP, Actor.BORROWER, "只有法定代表人或财务负责人可以授权", 422


class TaxpayerNotFound(PortalError):
    """The tax portal does not know this company."""

    action, actor, zh, status = Action.STOP, Actor.BORROWER, "税务门户查无此企业", 422


class TaxpayerAbnormal(PortalError):
    """The tax authority lists this company as abnormal."""

    action, actor, zh, status = Action.STOP, Actor.BORROWER, "企业被税务机关认定为非正常户", 422


class WrongTaxpayer(PortalError):
    """The tax portal shows another company; nothing was read."""

    action, actor, zh = Action.STOP, Actor.OPERATIONS, "税务门户显示的是另一家企业，未读取任何数据"


class SignatureInvalid(PortalError):
    """A signature of the tax portal does not verify."""

    action, actor, zh = Action.STOP, Actor.OPERATIONS, "税务门户报文验签失败"


class CertificateExpired(PortalError):
    """A certificate of the tax portal has expired."""

    action, actor, zh = Action.STOP, Actor.OPERATIONS, "税务门户证书已过期"


# --- the data ---


class DataCorrupt(PortalError):
    """The data received cannot be read."""

    action, actor, zh, status = Action.QUARANTINE, Actor.OPERATIONS, "收到的数据无法读取", 422


class DataIncomplete(PortalError):
    """The data received are not complete."""

    action, actor, zh, status = Action.QUARANTINE, Actor.OPERATIONS, "收到的数据不完整", 422


class TooManyRecords(PortalError):
    """The tax portal answers only for a shorter period."""

    action, actor, zh = Action.QUARANTINE, Actor.OPERATIONS, "税务门户要求缩短查询区间"


class DataConflict(PortalError):
    """The data received contradict each other."""

    action, actor, zh, status = Action.QUARANTINE, Actor.OPERATIONS, "收到的数据互相矛盾", 422


class FormatUnknown(TaxlinkError):
    """The file is in no format that we know."""

    action, actor, zh, status = Action.QUARANTINE, Actor.OPERATIONS, "无法识别文件格式", 422


class DocumentLocked(TaxlinkError):
    """The file is protected by a password."""

    action, actor, zh, status = Action.QUARANTINE, Actor.BORROWER, "文件设有密码，请提供无密码的文件", 422


class PicturesOnly(TaxlinkError):
    """The file holds pictures of text, which we do not read."""

    action, actor, zh, status = Action.QUARANTINE, Actor.BORROWER, "文件只有图片，没有可读取的文字", 422


class DocumentOfAnother(TaxlinkError):
    """The file is of another company; nothing of it was kept."""

    action, actor, zh, status = Action.QUARANTINE, Actor.BORROWER, "文件属于另一家企业，未保存", 422


class TooManyDocuments(TaxlinkError):
    """More files than are taken for one authorization."""

    action, actor, zh, status = Action.QUARANTINE, Actor.CALLER, "提交的文件过多", 422


# --- callers and persons at our own door ---


class Refused(TaxlinkError):
    """The request was refused."""

    action, actor, zh, status = Action.REFUSE, Actor.CALLER, "请求被拒绝", 400


class InvalidTaxpayerId(Refused):
    """The company id (统一社会信用代码) is not valid; please check it."""

    zh, status = "统一社会信用代码不正确，请核对", 422


class UnknownRegion(Refused):
    """This region is not known."""

    zh, status = "未知的地区", 422


class RegionUndecided(Refused):
    """The region cannot be told from the company id; please name it."""

    zh, status = "无法从统一社会信用代码判断所属地区，请选择地区", 422


class UnknownScope(Refused):
    """This kind of data cannot be authorized."""

    zh, status = "未知的授权数据范围", 422


class ExportTooLarge(Refused):
    """The table has more rows than this file format holds."""

    zh, status = "数据行数超过该文件格式的上限", 422


class InvalidRequest(Refused):
    """The request is not well-formed."""

    zh, status = "请求格式不正确", 422


class WrongCharset(Refused):
    """The request must be JSON in UTF-8."""

    zh, status = "请求必须是 UTF-8 编码的 JSON", 415


class BodyTooLarge(Refused):
    """The request is too large."""

    zh, status = "请求内容过大", 413


class IdempotencyConflict(Refused):
    """This idempotency key was used with another request."""

    zh, status = "该幂等键已用于另一个请求", 409


class CallbackForbidden(Refused):
    """The callback address is not allowed."""

    zh, status = "回调地址不被允许", 422


class ApiKeyInvalid(Refused):
    """The API key is missing or not valid."""

    zh, status = "API 密钥缺失或无效", 401


class KeyScopeMissing(Refused):
    """This API key does not permit that."""

    zh, status = "该 API 密钥无此权限", 403


class ApiKeyUnknown(Refused):
    """There is no such API key."""

    zh, status = "API 密钥不存在", 404


class UserUnknown(Refused):
    """There is no such console user."""

    zh, status = "控制台用户不存在", 404


class UserExists(Refused):
    """A console user of this name exists already."""

    zh, status = "控制台用户已存在", 409


class PasswordTooWeak(Refused):
    """A password has 12 to 128 characters, at least five different ones, and not the user's name."""

    zh, status = "密码须为 12 至 128 个字符，至少五种不同字符，且不含用户名", 422


class SignInRefused(Refused):
    """Name, password or code is not right."""

    zh, status = "用户名、密码或验证码不正确", 401


class SignInThrottled(Refused):
    """Too many tries to sign in; please wait."""

    zh, status = "尝试次数过多，请稍后再试", 429


class PermissionMissing(Refused):
    """Your role does not permit that."""

    zh, status = "您的角色无此权限", 403


class ApprovalUnknown(Refused):
    """There is no such request for approval."""

    zh, status = "审批申请不存在", 404


class ApprovalImpossible(Refused):
    """This request is not open to that: decided, expired or carried out already, or your own."""

    zh, status = "该申请已处理、已过期、已执行，或为本人提交", 409


class AuthorizationUnknown(Refused):
    """There is no such authorization."""

    zh, status = "授权不存在", 404


class EvidenceUnknown(Refused):
    """No evidence was kept of this."""

    zh, status = "没有留痕", 404


class StateConflict(Refused):
    """This is not possible in the authorization's present state."""

    zh, status = "当前状态不允许此操作", 409


class ConsentTextMismatch(Refused):
    """The consent text differs from what was issued; nothing was agreed."""

    actor, zh, status = Actor.BORROWER, "授权书内容与签发版本不一致，授权未生效", 409


class ConsentBeyondTemplate(Refused):
    """A consent may not ask for that much."""

    zh, status = "超出合理使用模板的上限", 422


class LinkExpired(Refused):
    """This link has expired; please ask the bank for a new one."""

    actor, zh, status = Actor.BORROWER, "链接已过期，请向银行重新获取", 410


class LinkUsed(Refused):
    """This link was already used; please ask the bank for a new one."""

    actor, zh, status = Actor.BORROWER, "链接已被使用，请向银行重新获取", 410


class LinkUnknown(Refused):
    """This link is not valid."""

    actor, zh, status = Actor.BORROWER, "链接无效", 404


class ChallengeNotYours(Refused):
    """This verification belongs to somebody else."""

    actor, zh, status = Actor.BORROWER, "该验证不属于您", 403


class ChallengeClosed(Refused):
    """This verification was already answered or replaced."""

    actor, zh, status = Actor.BORROWER, "该验证已完成或已被替换", 409


class AnswerInvalid(Refused):
    """This answer does not fit the question."""

    actor, zh, status = Actor.BORROWER, "填写内容不符合要求", 422


# --- the vault, the log and the deployment's own files ---


class VaultError(TaxlinkError):
    """The vault refused."""

    zh = "保险库拒绝操作"


class SealBroken(VaultError):
    """A sealed record does not open: altered, misplaced, or sealed under another key."""

    zh = "密封数据校验失败"


class KeyDestroyed(VaultError):
    """The key of this record was destroyed."""

    zh, status = "数据密钥已销毁", 410


class SecretSpent(VaultError):
    """This secret was already used or rejected and is never used again."""

    zh, status = "该凭据已使用或已被拒绝，不会再次使用", 409


class RootKeyUnavailable(VaultError):
    """The vault's root key cannot be read."""

    zh = "无法读取保险库根密钥"


class AuditBroken(TaxlinkError):
    """The audit log was altered."""

    zh = "审计日志校验失败"


class ClockSetBack(TaxlinkError):
    """The clock stands before the last checkpoint of the audit log; nothing was signed."""

    zh = "系统时钟早于审计日志的上一检查点，未签署"


class TimestampRefused(TaxlinkError):
    """The time-stamp service gave no time-stamp that verifies."""

    zh, status = "时间戳服务未给出有效时间戳", 502


class OverlayInvalid(TaxlinkError):
    """A region's overlay file is not valid."""

    zh = "地区配置文件无效"


def catalogue() -> dict[str, type[TaxlinkError]]:
    """Every cause by its code, abstract groups included."""
    found: dict[str, type[TaxlinkError]] = {}
    queue: list[type[TaxlinkError]] = [TaxlinkError]
    while queue:
        cause = queue.pop()
        found[cause.cause_code()] = cause
        queue.extend(cause.__subclasses__())
    return found
