"""The text of a consent in both languages, exactly as it is shown."""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives import hashes

from authz.consent.classes import DataClass, Party
from authz.consent.terms import ConsentText, Institutions, Terms
from schema.taxpayer_id import masked

TEXT_VERSION = "2026-11.3"
NAMES_PEERS = frozenset({TEXT_VERSION})
"""Versions whose letter on tax records names their use for other applicants' trade with the company."""
PURPOSES = {
    "loan_application": ("贷款申请审批", "assessing a loan application"),
    "loan_monitoring": ("贷后管理", "monitoring a loan that was granted"),
}
"""Purpose codes with their words in Chinese and English."""

_TITLES = {
    DataClass.TAX: ("涉税信息查询授权书", "Authorization to read tax records"),
    DataClass.CASH_FLOW: ("账户流水查询授权书", "Authorization to read bank statements"),
    DataClass.CREDIT: ("信用信息查询授权书", "Authorization to read credit reports"),
    DataClass.PUBLIC_RECORD: ("公共信用信息查询授权书", "Authorization to read public records"),
    DataClass.OPERATION: ("用电信息查询授权书", "Authorization to read electricity bills"),
    DataClass.PERSONNEL: ("社保公积金信息查询授权书", "Authorization to read social insurance records"),
}
_UNITS = {"day": ("每日", "a day"), "month": ("每月", "a month")}


def compose_text(
    *,
    institutions: Institutions,
    taxpayer_id: str,
    party: Party,
    data_class: DataClass,
    terms: Terms,
    valid_until: datetime,
) -> ConsentText:
    """The authorization letter. The company's id is masked: the text is shown on a page that a link opens."""
    company, bank, source = masked(taxpayer_id), institutions.recipient, institutions.source
    who_zh, who_en = f"本企业（{company}）", f"This company ({company}) authorizes"
    if party is Party.LEGAL_REPRESENTATIVE:
        who_zh = f"本人（企业 {company} 的法定代表人）"
        who_en = f"I, the legal representative of the company {company}, authorize"
    title_zh, title_en = _TITLES[data_class]
    purpose_zh, purpose_en = PURPOSES[terms.purpose]
    listed_zh = "；".join(f"{d.zh}（{p.start} 至 {p.end}）" for d, p in terms.scopes.items())
    listed_en = "; ".join(
        f"{d.value.replace('_', ' ')} ({p.start} to {p.end})" for d, p in terms.scopes.items()
    )
    often_zh, often_en = _often(terms)
    used_zh, used_en = _OF_THE_PORTAL if data_class is DataClass.TAX else ("", "")
    zh = (
        f"{title_zh}\n"
        f"{who_zh}授权{bank.zh}为{purpose_zh}之目的，{often_zh}向{source.zh}查询并使用下列信息：{listed_zh}。\n"
        f"授权有效期至 {valid_until:%Y-%m-%d}，所得数据最长保存 {terms.data_life_days} 天，到期销毁。\n"
        f"{used_zh}您可随时在本页面撤回授权，撤回与授权同样方便，撤回后数据将被删除。"
    )
    en = (
        f"{title_en}\n"
        f"{who_en} {bank.en}, for the purpose of {purpose_en}, to read from {source.en}, {often_en}: "
        f"{listed_en}.\n"
        f"The authorization is valid until {valid_until:%Y-%m-%d}. The data are kept for at most "
        f"{terms.data_life_days} days and then destroyed.\n"
        f"{used_en}You can withdraw on this page at any time, as easily as you agree; the data are then "
        f"deleted."
    )
    return digested(TEXT_VERSION, zh, en)


_OF_THE_PORTAL = (
    "在授权有效期内，上述信息也用于核实其他申请企业与本企业之间交易的真实性。"
    "登录税务门户所需的密码和验证码只使用一次，不予保存。",
    "While the authorization is valid, these records also serve to verify the trade of other applicants with "
    "this company. Passwords and codes for the tax portal are used once and not kept. ",
)


def _often(terms: Terms) -> tuple[str, str]:
    if not terms.periodic:
        return "一次性", "once"
    times, (unit_zh, unit_en) = terms.frequency.times, _UNITS[terms.frequency.unit]
    return (
        f"在有效期内定期（{unit_zh}至多 {times} 次）",
        f"at regular intervals while this consent is valid (at most {_times_en(times)} {unit_en})",
    )


def _times_en(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def digested(version: str, zh: str, en: str) -> ConsentText:
    """The text with the digests of both languages joined by a form feed."""
    content = f"{zh}\f{en}".encode()
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(content)
    return ConsentText(version, zh, en, hashlib.sha256(content).hexdigest(), sm3.finalize().hex())
