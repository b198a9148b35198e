"""银行账户与流水 (TXN)."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Local, Row, Small, required, told
from schema.terms import Term


class FlowDirection(Term):
    """收或支."""

    IN = "in", "收入（贷）"
    OUT = "out", "支出（借）"
    NEUTRAL = "neutral", "不计收支"


class FlowState(Term):
    """交易状态."""

    BOOKED = "booked", "已入账"
    PENDING = "pending", "处理中"
    CLOSED = "closed", "已关闭（未发生资金变动）"


class BankAccount(Row):
    """One row an account and statement."""

    account_id: str = required("账户", "joins `bank_transaction`; the account number, masked as printed")
    bank_name: str | None = told("开户行")
    holder_name: str | None = told("户名")
    currency: str | None = told("币种", "ISO 4217")
    period_start: date | None = told("对账期起")
    period_end: date | None = told("对账期止")
    opening_balance_fen: Fen | None = told("期初余额")
    closing_balance_fen: Fen | None = told("期末余额")


class BankTransaction(Row):
    """One row a movement; amounts are positive."""

    event_date: date = required("交易日期")
    direction: FlowDirection = required("收支")
    amount_fen: Fen = required("金额")
    balance_fen: Fen | None = told("余额")
    counterparty_name: str | None = told("对方户名")
    counterparty_account: str | None = told("对方账号")
    summary: str | None = told("摘要")
    operating: bool | None = told("是否经营性", "false for loans, own accounts and round trips")
    account_id: str | None = told("账户")
    line: Small | None = told("序号", "place within its statement, from 1")
    occurred_at: Local | None = told("交易时间", "Beijing time; null when only the date is known")
    counterparty_bank: str | None = told("对方行名")
    purpose: str | None = told("用途")
    reference: str | None = told("流水号")
    currency: str | None = told("币种", "ISO 4217")
    value_date: date | None = told("起息日", "or the booking day, where the event date is another")
    channel: str | None = told("渠道", "means of payment, place or terminal")
    state: FlowState | None = told("状态")
