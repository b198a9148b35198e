"""Words of the field: an enumeration whose members carry their Chinese term."""

from __future__ import annotations

from enum import StrEnum

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Term(StrEnum):
    """Members are written ``NAME = "value", "中文"``; a column holds the value."""

    zh: str

    def __new__(cls, value: str, zh: str = "") -> Term:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        return member

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(core_schema) | {"zh": {str(member): member.zh for member in cls}}


class Party(Term):
    """Whom a record is about."""

    COMPANY = "company", "企业本身"
    OWNER = "owner", "法定代表人或实际控制人"
    RELATED = "related", "关联企业"
