"""A picture tells what kind of page it is, not whose; and there is none of a page where a secret is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.rpa.browser import Browser
from connectors.rpa.picture import ANYTHING, pictured

pytestmark = pytest.mark.browser

PAGE = """<body><header>欢迎 <b class=who>{person}</b> <span id=company-name>{company}</span></header>
<h1>授权成功 {company}</h1><h2>回执 {number}</h2><h3>{person}，您好</h3>
<table><tr><th>授权企业</th><td>{company}（{number}）</td></tr></table>
<label>{person}</label><ul><li>{number}</ul><a href=#>{person}</a><details open>{person}</details>
<style>.said::after{{content:"{person}"}}</style><p class=said>{person}</p>
<input type=checkbox><select><option>{company}</select><button>退出</button>
<img alt="{person}"><svg><text y=20>{number}</text></svg><div id=host></div>
<script>
document.getElementById("host").attachShadow({{mode: "open"}}).innerHTML = "<h1>{person}</h1>"
</script></body>"""
ONE = {"person": "张三", "company": "广州甲乙贸易有限公司", "number": "91440101MA5ABCDE17"}
OTHER = {"person": "李四", "company": "深圳丙丁科技有限公司", "number": "91440300MA5FGHJK28"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    worker = Browser(contexts=1)
    yield worker
    worker.close()


def taken(browser: Browser, page: str, *, shown: str | None = None) -> bytes | None:
    async def take() -> bytes | None:
        tab = await browser.open(["127.0.0.1"], 5)
        try:
            await tab.page.set_content(page)
            if shown:
                return await pictured(tab.page, shown=shown, private=False)
            return await pictured(tab.page)
        finally:
            await tab.close()

    return browser.run(take())


def test_two_taxpayers_look_the_same(browser: Browser) -> None:
    one, other = (taken(browser, PAGE.format(**whose)) for whose in (ONE, OTHER))
    assert one is not None
    assert one == other


def test_what_kind_of_page_it_is_can_be_seen(browser: Browser) -> None:
    page = PAGE.format(**ONE)
    assert taken(browser, page) != taken(browser, page.replace("授权企业", "授权银行"))


@pytest.mark.parametrize(
    "field",
    [
        "<input type=password>",
        "<input type=password disabled hidden>",
        "<input id=tx-code>",
        "<input type=tel autocomplete=one-time-code>",
        "<textarea></textarea>",
        "<div contenteditable></div>",
        "<div id=tx-captcha><img></div>",
        "<img class=login-qr>",
    ],
)
def test_a_page_where_a_secret_is_typed_is_never_photographed(browser: Browser, field: str) -> None:
    assert taken(browser, f"<h1>登录</h1><form>{field}</form>") is None


def test_a_page_that_nobody_signs_in_to_shows_its_words_and_no_number(browser: Browser) -> None:
    page = "<h1>登录</h1><p>{}</p><input type=password value={}>"
    shown = [taken(browser, page.format(*each), shown=ANYTHING) for each in (("请", "a"), ("您", "a"))]
    assert shown[0] != shown[1]
    numbers = (("13800138000", "a"), ("91440101234", "b"))
    masked = [taken(browser, page.format(*each), shown=ANYTHING) for each in numbers]
    assert masked[0] == masked[1]
