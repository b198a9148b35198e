"""The fingerprint of a page holds what a driven browser relies on, and nothing that changes by the day."""

from __future__ import annotations

import pytest

from connectors.drift.fingerprint import differences
from connectors.drift.pages import OWN, page

URL = "https://etax.example/tpass/login?service=%2Fhome"
PAGE = """<!doctype html><html><head><title>登录 · 2026年11月24日</title>
<meta name="csrf" content="8f3e11"><script src="/static/app.1f2e.js"></script>
<script nonce="abc" src="https://cdn.example/lib.js"></script></head><body>
<p id="notice-1">今日公告</p>
<form id="login" method="post" action="/tpass/login;jsessionid=77AF0C1234567890">
<label for="company">纳税人识别号</label><input id="company" name="company" maxlength="20">
<label>密码 <input type="password" name="password"></label>
<input type="hidden" name="token" value="0f9a"><img id="captcha" src="data:image/png;base64,AAAA">
<button id="send">登录</button></form></body></html>"""


def seen(content: str, url: str = URL) -> list[str]:
    return [each.words for each in differences(page(PAGE.encode(), URL), page(content.encode(), url))]


def test_fields_with_labels_buttons_forms_ids_and_script_hosts_are_seen() -> None:
    found = page(PAGE.encode(), URL)
    assert found["field"] == {
        "company": {"type": "text", "name": "company", "label": "纳税人识别号", "maxlength": "20"},
        "password": {"type": "password", "name": "password", "label": "密码"},
        "token": {"type": "hidden", "name": "token"},
    }
    assert found["button"] == {"send": {"text": "登录"}}
    assert found["form"]["login"]["method"] == "post"
    assert set(found["element"]) == {"notice-#", "captcha"}
    assert set(found["script host"]) == {OWN, "cdn.example"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("11月24日", "12月1日"),
        ("8f3e11", "0000ff"),
        ('nonce="abc"', 'nonce="xyz"'),
        ("app.1f2e.js", "app.9c0d.js"),
        ("今日公告", "系统升级通知"),
        ("notice-1", "notice-2"),
        ("77AF0C1234567890", "11BB0C1234567890"),
        ('value="0f9a"', 'value="17c2"'),
        ("base64,AAAA", "base64,BBBB"),
    ],
)
def test_what_changes_by_the_day_makes_no_difference(old: str, new: str) -> None:
    assert old in PAGE
    assert not seen(PAGE.replace(old, new))


def test_a_port_and_a_query_make_no_difference() -> None:
    assert not seen(PAGE, "https://etax.example:8443/tpass/login?service=%2Fother")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name="password"', 'name="passwd"', "field `password` is now `passwd`"),
        ("纳税人识别号", "主体代码", "field `company`: label changed from “纳税人识别号” to “主体代码”"),
        (
            "登录 · 2026年11月24日",
            "公告",
            "the page: title changed from “登录 · #年#月#日” to “公告”",
        ),
        ("cdn.example", "cdn.other", "script host `cdn.example` is now `cdn.other`"),
        ('<button id="send">登录</button>', "", "button `send` is gone"),
        ("</form>", '<input id="code" maxlength="6"></form>', "new field `code`"),
    ],
)
def test_what_a_sign_in_relies_on_is_told_by_its_name(old: str, new: str, words: str) -> None:
    assert words in seen(PAGE.replace(old, new))
