"""A difference is told in words that name the thing, and there is none where nothing changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.drift.fingerprint import (
    Fingerprint,
    What,
    differences,
    digest,
    steady_id,
    steady_name,
    steady_text,
)

FORM: Fingerprint = {
    "page": {"": {"title": "登录"}},
    "field": {
        "tx-company": {"type": "text", "name": "company", "label": "纳税人识别号"},
        "tx-password": {"type": "password", "name": "password"},
    },
}
WORDS = st.text(st.sampled_from("abc"), min_size=1, max_size=2)
THINGS = st.dictionaries(WORDS, st.dictionaries(WORDS, WORDS, max_size=2), max_size=4)
FINGERPRINTS = st.dictionaries(st.sampled_from(["field", "button"]), THINGS, max_size=2)


def told(after: Fingerprint) -> list[str]:
    return [each.words for each in differences(FORM, after)]


def test_what_is_gone_new_renamed_or_changed_is_called_by_its_name() -> None:
    company, password = FORM["field"]["tx-company"], FORM["field"]["tx-password"]
    assert told({**FORM, "field": {"tx-company": company}}) == ["field `tx-password` is gone"]
    assert told({**FORM, "field": {**FORM["field"], "tx-code": {"type": "text"}}}) == ["new field `tx-code`"]
    renamed = {"tx-company": company, "n26-password": password}
    assert told({**FORM, "field": renamed}) == ["field `tx-password` is now `n26-password`"]
    assert told({**FORM, "page": {"": {"title": "公告"}}}) == [
        "the page: title changed from “登录” to “公告”"
    ]


def test_a_renamed_thing_that_changed_too_is_still_known_by_the_rest() -> None:
    after = {"n26-company": {**FORM["field"]["tx-company"], "label": "主体代码"}}
    after["tx-password"] = FORM["field"]["tx-password"]
    assert told({**FORM, "field": after}) == [
        "field `tx-company` is now `n26-company`",
        "field `n26-company`: label changed from “纳税人识别号” to “主体代码”",
    ]


def test_many_alike_are_renamed_in_their_order() -> None:
    before, after = ({"element": {name: {"tag": "div"} for name in names}} for names in ("ab", "xy"))
    assert [(each.was, each.now) for each in differences(before, after)] == [("a", "x"), ("b", "y")]


@given(FINGERPRINTS, FINGERPRINTS)
def test_there_is_a_difference_exactly_where_the_digests_differ(
    before: Fingerprint, after: Fingerprint
) -> None:
    assert not differences(before, before)
    assert bool(differences(before, after)) is (digest(before) != digest(after))


@given(FINGERPRINTS, FINGERPRINTS)
def test_every_name_that_went_or_came_is_told_once(before: Fingerprint, after: Fingerprint) -> None:
    found = differences(before, after)
    for kind in {*before, *after}:
        old, new = before.get(kind, {}), after.get(kind, {})
        mine = [each for each in found if each.kind == kind]
        went = [each.name for each in mine if each.what in (What.GONE, What.RENAMED)]
        came = [each.now or each.name for each in mine if each.what in (What.NEW, What.RENAMED)]
        assert sorted(went) == sorted(old.keys() - new.keys())
        assert sorted(came) == sorted(new.keys() - old.keys())


def test_what_a_server_draws_anew_is_left_out() -> None:
    assert steady_name("el-id-8437-12") == "el-id-#-12"
    assert steady_name("f3a91c0b77d2e4a1") == "#"
    assert steady_name("n26-company") == "n26-company"
    assert steady_id("news-1") == steady_id("news-27") == "news-#"
    assert steady_text("公告  2026年11月24日") == "公告 #年#月#日"
