"""Roles and what each may do: one table."""

from __future__ import annotations

from enum import StrEnum

from schema.errors import PermissionMissing


class Role(StrEnum):
    OPERATOR = "operator"
    """运营: keeps authorizations running."""
    RISK = "risk"
    """风险: reads cases, exports data, approves."""
    AUDITOR = "auditor"
    """审计: sees what was done and by whom; changes nothing."""
    ADMIN = "admin"
    """管理员: users and approvals; sees no taxpayer."""


class Permission(StrEnum):
    VIEW = "view"
    """The list and an authorization's page, masked."""
    EVIDENCE = "evidence"
    """What was done at the portal, with its pictures."""
    UNMASK = "unmask"
    """See one authorization's numbers and names, with a reason, for a while."""
    RERUN = "rerun"
    LINK = "link"
    ASK_WITHDRAWAL = "ask_withdrawal"
    ASK_EXPORT = "ask_export"
    APPROVE = "approve"
    """Decide what somebody else asked for."""
    USERS = "users"
    """Add, disable and reset users."""


_P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset({_P.VIEW, _P.EVIDENCE, _P.UNMASK, _P.RERUN, _P.LINK, _P.ASK_WITHDRAWAL}),
    Role.RISK: frozenset({_P.VIEW, _P.EVIDENCE, _P.UNMASK, _P.ASK_EXPORT, _P.APPROVE}),
    Role.AUDITOR: frozenset({_P.VIEW, _P.EVIDENCE, _P.UNMASK, _P.ASK_EXPORT}),
    Role.ADMIN: frozenset({_P.VIEW, _P.APPROVE, _P.USERS}),
}


def check(role: Role, permission: Permission) -> None:
    """Raises ``PermissionMissing``."""
    if permission not in PERMISSIONS[role]:
        raise PermissionMissing(f"the role {role} lacks {permission}")
