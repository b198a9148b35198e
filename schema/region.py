"""The 36 provincial-level tax authorities (31 provinces and five cities planned separately).

Codes are GB/T 2260 prefixes. A company's division code gives its *default* region: a company can have
moved, and the national register (``100000``) says nothing, so the borrower may change it.
"""

from __future__ import annotations

from dataclasses import dataclass

from schema.errors import UnknownRegion


@dataclass(frozen=True)
class Region:
    """One tax authority: GB/T 2260 prefix, name in hosts, Chinese and English name."""

    code: str
    slug: str
    zh: str

    @property
    def en(self) -> str:
        return self.slug.capitalize()


REGIONS: dict[str, Region] = {
    code: Region(code, slug, zh)
    for code, slug, zh in (
        ("11", "beijing", "北京"),
        ("12", "tianjin", "天津"),
        ("13", "hebei", "河北"),
        ("14", "shanxi", "山西"),
        ("15", "neimenggu", "内蒙古"),
        ("21", "liaoning", "辽宁"),
        ("2102", "dalian", "大连"),
        ("22", "jilin", "吉林"),
        ("23", "heilongjiang", "黑龙江"),
        ("31", "shanghai", "上海"),
        ("32", "jiangsu", "江苏"),
        ("33", "zhejiang", "浙江"),
        ("3302", "ningbo", "宁波"),
        ("34", "anhui", "安徽"),
        ("35", "fujian", "福建"),
        ("3502", "xiamen", "厦门"),
        ("36", "jiangxi", "江西"),
        ("37", "shandong", "山东"),
        ("3702", "qingdao", "青岛"),
        ("41", "henan", "河南"),
        ("42", "hubei", "湖北"),
        ("43", "hunan", "湖南"),
        ("44", "guangdong", "广东"),
        ("4403", "shenzhen", "深圳"),
        ("45", "guangxi", "广西"),
        ("46", "hainan", "海南"),
        ("50", "chongqing", "重庆"),
        ("51", "sichuan", "四川"),
        ("52", "guizhou", "贵州"),
        ("53", "yunnan", "云南"),
        ("54", "xizang", "西藏"),
        ("61", "shaanxi", "陕西"),
        ("62", "gansu", "甘肃"),
        ("63", "qinghai", "青海"),
        ("64", "ningxia", "宁夏"),
        ("65", "xinjiang", "新疆"),
    )
}


def region(code: str) -> Region:
    """The region of a code. Raises ``UnknownRegion``."""
    try:
        return REGIONS[code]
    except KeyError:
        raise UnknownRegion from None


def default_region(division_code: str) -> Region | None:
    """The region that a division code points to, the longest prefix first; None for the national register."""
    return REGIONS.get(division_code[:4]) or REGIONS.get(division_code[:2])
