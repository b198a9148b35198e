"""Income-tax forms (企业所得税) of the national core system, as every vendor keeps them.

Lines are numbered as on the form in force (A200000 of 2021): figures of the form of 2018 stand at the line
that has their meaning today.
"""

from __future__ import annotations

from normalizers.coreforms import Schedule, Sheet

SCHEDULES = (
    Schedule(
        "A201020",
        ("A201020Ywbd", "gdzcjszjkcMxbGrid", "gdzcjszjkcmxbGridlb"),
        {
            "zcyz": "1",
            "zzzjjeLj": "2",
            "azssybgdjsdzjjeLj": "3",
            "xsjszjyhjsdzjjeLj": "4",
            "nstjjeLj": "5",
            "xsjszjyhjeLj": "6",
        },
    ),
)
QUARTERLY = Sheet(
    "A200000",
    ("A200000Ywbd", "sbbxxForm"),
    {
        "yysrLj": ("1", "营业收入"),
        "yycbLj": ("2", "营业成本"),
        "lrzeLj": ("3", "利润总额"),
        "tdywjsdynssdeLj": ("4", "加：特定业务计算的应纳税所得额"),
        "bzssrLj": ("5", "减：不征税收入"),
        "gdzcjszjkctjeLj": ("6", "减：资产加速折旧、摊销（扣除）调减额"),
        "mssrLj": ("7", "减：免税收入、减计收入、所得减免等优惠金额"),
        "mbyqndksLj": ("9", "减：弥补以前年度亏损"),
        "sjlreLj": ("10", "实际利润额"),
        "ynsdseLj": ("12", "应纳所得税额"),
        "jmsdseLj": ("13", "减：减免所得税额"),
        "sjyyjsdseLj": ("14", "减：本年实际已缴纳所得税额"),
        "tdywyjzsdseLj": ("15", "减：特定业务预缴（征）所得税额"),
        "ybtsdseLj": ("16", "本期应补（退）所得税额"),
    },
    frozenset(
        {
            *("slLj", "fpbl", "zjgftbl", "fzjgftbl", "zjgczjzftbl", "dlscjybmftbl"),
            *("zjgybtsdseBq", "zjgyftsdseBq", "czjzfpsdseBq", "zjgdlscjybmyftsdseBq", "fzjgfpsdseBq"),
            *("qccyrs", "qmcyrs", "qczcze", "qmzcze", "gjxzhjzhy", "zczehs"),
            *("sfsyxxwlqy", "sfkjxzxqy", "sfgxjsqy", "sffsjsrgdynssx"),
        }
    ),
)
"""本年累计 each. 2018's line 6 holds today's lines 7 and 8 together."""
DEEMED = Sheet(
    "B100000",
    ("qysdshdzsyjdndsb", "qysdsyddhndnssbbblFrom"),
    {
        "srzeLj": ("1", "收入总额"),
        "bzssrLj": ("2", "减：不征税收入"),
        "mssrLj": ("3", "减：免税收入"),
        "yssrehcbfyzeLj": ("10", "应税收入额\\成本费用总额"),
        "ynssdeLj": ("12", "应纳税所得额"),
        "ynsdseLj": ("14", "应纳所得税额"),
        "fhtjxxwlqyjmsdseLj": ("15", "减：符合条件的小型微利企业减免企业所得税"),
        "yyjsdseLj": ("16", "减：实际已缴纳所得税额"),
        "ybtsdseLj": ("17", "本期应补（退）所得税额"),
    },
    frozenset(
        {
            *("gzlxsrLj", "dfzfzqlxsrLj", "jmqyzjgxhlqysyLj", "hgttzgxhlsdmzqysdsLj"),
            *("sgttzgxhlsdmzqysdsLj", "zqjjzqddsymzqysdsLj", "swjghdyssdl", "sl1", "hyDm", "gjxzhjzhy"),
            *("qycyrsQnpjrs", "qmcyrs", "zczeQnpjs", "sfsyxxwlqy"),
        }
    ),
)
"""The form of 2018, 本年累计 each, by the fields and checks that a bureau declares for it; no real answer
with figures was at hand, so that the lines are unverified. Parts of line 3 and the rates are left out."""
INCOME_RELIEFS = Sheet(
    "A201010",
    ("A201010Ywbd", "msjjsrjjkcjmyhmxbForm"),
    {
        key: (f"{line}", None)
        for line, key in enumerate(
            (
                *("mssrLj", "gzlxsrLj", "fhtjdjmqyzjdgxhldqyxsyLj", "hgttzgxhlLj", "sgttzgxhlLj"),
                *("fhtjdfylzzdsrLj", "fhtjdfylzzkjqyfhqLj", "fhtjdfylzzgjdxkjyqLj"),
                *("zgqjfzjzjjqddsrLj", "zqtzjjtzzqddmssrLj", "dfzfzqlxsrLj"),
                *("zgbxbzjjyxzrgsqdbxbzjjsrLj", "zgawhqdbjdazwsfsrLj", "zgcawhqdbjdazwfqzfsrLj"),
                *("qtmssrLj", "jjsrLj", "zhlyzysccpqddsrLj", "jrbxdjgqddsllxbfsrLj"),
                *("jrjgqdsndklxsrLj", "bxjgqdsnbfsrLj", "xedkgsqdnhxedklxsrLj", "qddzgtljszqlxsrLj"),
                *("qtjjsrLj", "jjkcLj", "xcpxgyxjsyffyjjkcLj", "kjxzxqykfxjsyjkffyLj"),
                *("qywhdcxxcpjxcysjhdfsdxgfyLj", "azcjryzfgzLj", "sdjmLj", "nlmyxmLj", "msxmLj"),
                *("jbzsxmLj", "gjzdfcdggjcssxmLj", "fhtjdhjbhjnjsxmLj", "fhtjdjszrxmLj", "ssqjfzjzxmLj"),
                *("jnfwgssshtnyglxmLj", "xkxyybsnmjcdlscxmLj", "xkxylswnmhtzecgybwyyxmLj", "qtsdjmLj"),
                "hjLj",
            ),
            start=1,
        )
    },
    frozenset(),
    frozenset({"fhtjdyxzlxsrLj", "cxqygxhlLj", "sqjtfwjjsrLj", "ncysaqgcxjxmLj", "qt2jjsrlj"}),
)
"""Lines 1 to 41 of the form of 2018, in the order of a bureau's empty form, whose checks name lines 1, 16,
24, 29 and 41."""
RELIEFS = Sheet(
    "A201030",
    ("A201030Ywbd", "jmsdsyhMxbForm"),
    {
        key: (f"{line}", None)
        for line, key in enumerate(
            (
                *("fhtjdxxwlqyjmqysdsLj", "zdfcgxjsqyjmLj", "jjtqpdxqxslgxjsqyjmLj", "szdqncxysLj"),
                *("dmqyzzkfLj", "bwmjcdlLj", "ewwmjcdljaswslLj", "bsyyjcdljaswslLj", "ewwmjcdlLj"),
                *("bsyyjcdlLj", "xkxyybsnmdjcdlscqyjmLj", "xkxylwnmhtzecgywlyLj", "xbjcdlsjqyLj"),
                *("gjghbjjcdljasslLj", "fhtjrjqyLj", "gjghbjnzdrjqyjasslLj", "fhtjjcdlfzcsqyLj"),
                *("fhtjjcdlzyclscqyLj", "jyxwhsydwLj", "fhtjsczpscryypLj", "jsxjxfwqyjaswslLj"),
                *("fwmycxfzsdjsxjxfwqyLj", "xbdqgllqyjaswLj", "xjkndqxbqyLj", "xjkstsjjkfqxbqyLj"),
                *("hqptqhgllqyLj", "bjdazwsszwhLj", "qt", "mzzzdfqydffxbfLj", "hjLj"),
            ),
            start=1,
        )
    },
    frozenset({"jzmzlx", "jzfd", "yhsl"}),
    frozenset({"cswrfzddsfqyLj", "qt2lj"}),
)
"""Lines 1 to 30 of the form of 2018, in the order of a bureau's empty form. A real answer agrees at lines 2
and 30; the others are unverified."""
SHEETS = (INCOME_RELIEFS, RELIEFS)
"""Schedules of A200000 that have one figure a line."""
