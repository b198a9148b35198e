"""The borrower's page in a real browser, on a phone-sized screen, from the tap to 授权成功."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from authz.authorization import State
from authz.challenges import ChallengeState
from connectors.interface import Challenge, ChallengeKind, Option, Resume, Scan
from connectors.rpa import chromium
from schema.dataset import Dataset, Missing
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, entries
from tests.service.conftest import Service, lapse

pytestmark = pytest.mark.browser

SCENE, PIECE, GAP_X, GAP_Y = (320, 160), 44, 187, 62


@pytest.fixture(scope="module")
def phone() -> Iterator[Any]:
    with sync_playwright() as playwright:
        arguments = [*chromium.ARGUMENTS, *([] if chromium.sandboxed() else ["--no-sandbox"])]
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def context(phone: Any) -> Iterator[BrowserContext]:
    opened = phone.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
    )
    yield opened
    opened.close()


class Borrower:
    """A person with a phone. Pictures of what they see go to the test's folder."""

    def __init__(self, service: Service, address: str, context: BrowserContext, folder: Path) -> None:
        self.service, self._folder = service, folder
        self.submitted = service.submit()
        self.id: str = self.submitted["id"]
        self.page: Page = context.new_page()
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto(f"{address}/link/{self.submitted['token']}")

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.broken.append(message.text)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=False).locator("visible=true").first).to_be_visible()

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self._folder / f"{name}.png", full_page=True)

    def agrees(self) -> None:
        self.page.get_by_role("button", name="同意并授权").click()
        self.sees("正在连接税务门户")
        self.works()

    def works(self) -> None:
        """The worker takes the authorization up."""
        self.service.shop.ledger.move(self.id, State.WORKING, actor="pipeline")

    def answered(self) -> dict[str, str]:
        """What the worker finds as the answer to the newest challenge."""
        self.sees("税务门户正在核对")
        newest = self.service.shop.challenges.latest(self.id)
        assert newest is not None
        answer = self.service.shop.challenges.take(newest)
        self.service.shop.challenges.close(newest, ChallengeState.ACCEPTED)
        return answer


@pytest.fixture
def borrower(service: Service, address: str, context: BrowserContext, tmp_path: Path) -> Iterator[Borrower]:
    folder = Path(os.environ.get("TAXLINK_SCREENSHOTS", tmp_path))
    person = Borrower(service, address, context, folder)
    yield person
    assert person.broken == [], "the page's script or policy broke"


def png(size: tuple[int, int], paint: Any) -> bytes:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    paint(ImageDraw.Draw(image))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def scene() -> bytes:
    def paint(draw: ImageDraw.ImageDraw) -> None:
        for x in range(SCENE[0]):
            draw.line((x, 0, x, SCENE[1]), fill=(70 + x // 4, 120 + x // 8, 150, 255))
        draw.ellipse((30, 20, 110, 100), fill=(240, 205, 120, 255))
        draw.polygon(((120, 160), (210, 60), (320, 160)), fill=(60, 95, 90, 255))
        draw.rectangle((GAP_X, GAP_Y, GAP_X + PIECE, GAP_Y + PIECE), fill=(20, 40, 50, 190))

    return png(SCENE, paint)


def piece() -> bytes:
    def paint(draw: ImageDraw.ImageDraw) -> None:
        draw.rectangle((0, 0, PIECE - 1, PIECE - 1), fill=(90, 140, 130, 255), outline=(255, 255, 255, 255))

    return png((PIECE, PIECE), paint)


def captcha() -> bytes:
    def paint(draw: ImageDraw.ImageDraw) -> None:
        draw.rectangle((0, 0, 160, 60), fill=(238, 242, 247, 255))
        draw.text((24, 8), "7KX4", fill=(40, 60, 120, 255), font_size=40)
        draw.line((0, 20, 160, 44), fill=(150, 90, 90, 255), width=2)

    return png((160, 60), paint)


def test_from_the_tap_to_success_through_every_kind_of_question(borrower: Borrower) -> None:
    """Each answer arrives as it was given, and each next step shows without a reload."""
    service, page, id = borrower.service, borrower.page, borrower.id
    issued = borrower.submitted["consent"]
    assert page.locator("#text-zh").text_content() == issued["text_zh"]
    assert page.locator("#text-en").text_content() == issued["text_en"]
    borrower.sees("示例银行")
    borrower.sees("广东")
    borrower.picture("1-consent")
    borrower.agrees()
    borrower.picture("2-working")

    service.ask(id, ChallengeKind.CREDENTIALS)
    borrower.sees("登录税务门户")
    borrower.picture("3-credentials")
    page.get_by_label("身份证件号码").locator("visible=true").fill("440106199001011234")
    page.locator("input[name=password]").fill(" p@ss 字 ")
    page.get_by_role("button", name="登录").click()
    assert borrower.answered() == {"person_id": "440106199001011234", "password": " p@ss 字 "}

    borrower.works()
    service.ask(id, ChallengeKind.PICTURE, picture=captcha())
    borrower.sees("图形验证码")
    page.locator("input[name=text]").fill("wrong")
    page.get_by_role("button", name="提交").locator("visible=true").click()
    assert borrower.answered() == {"text": "wrong"}
    borrower.works()
    service.ask(id, ChallengeKind.PICTURE, picture=captcha(), retry=True)
    borrower.sees("验证未通过，请再试一次。")
    borrower.picture("4-picture")
    page.locator("input[name=text]").fill("7KX4")
    page.keyboard.press("Enter")
    assert borrower.answered() == {"text": "7KX4"}

    borrower.works()
    service.ask(id, ChallengeKind.SLIDER, picture=scene(), piece=piece(), piece_y=GAP_Y)
    borrower.sees("滑动验证")
    _drag_to(page, GAP_X, borrower)
    assert abs(float(borrower.answered()["x"]) - GAP_X) <= 2

    borrower.works()
    service.ask(id, ChallengeKind.SMS_CODE, hint="138****8000", seconds=120)
    borrower.sees("138****8000")
    borrower.picture("6-sms")
    page.locator("input[name=code]").fill("246810")
    page.get_by_role("button", name="提交").locator("visible=true").click()
    assert borrower.answered() == {"code": "246810"}

    borrower.works()
    options = (
        Option("r1", "广州某某科技有限公司", "法定代表人"),
        Option("r2", "广州某某贸易有限公司", "财务负责人"),
    )
    service.ask(id, ChallengeKind.IDENTITY, options=options)
    borrower.sees("选择身份")
    page.get_by_text("财务负责人").click()
    borrower.picture("7-identity")
    page.get_by_role("button", name="提交").locator("visible=true").click()
    assert borrower.answered() == {"choice": "r2"}

    borrower.works()
    service.ask(id, ChallengeKind.APP_APPROVAL, hint="4711")
    borrower.sees("在税务 App 中确认")
    borrower.sees("4711")
    page.get_by_role("button", name="我已同意").click()
    assert borrower.answered() == {}
    borrower.works()
    service.ask(id, ChallengeKind.APP_APPROVAL, hint="4711", retry=True)
    borrower.sees("税务门户尚未收到您的同意")
    page.get_by_role("button", name="我已同意").click()
    assert borrower.answered() == {}

    borrower.works()
    led_back = f"{page.url.partition('/link/')[0]}/assets/link/return.html?code=c%2B1&state=s"
    service.ask(id, ChallengeKind.REDIRECT, url=led_back)
    borrower.sees("到税务平台登录")
    page.get_by_role("button", name="前往税务平台").click()
    assert borrower.answered() == {"response": "code=c%2B1&state=s"}

    borrower.works()
    service.grant(id)
    borrower.sees("已取得授权")
    service.collect(id, Dataset.TAXPAYER)
    borrower.sees("正在读取纳税信用等级")
    borrower.picture("8-reading")
    for dataset in (Dataset.TAX_CREDIT_RATING, Dataset.INVOICE):
        service.collect(id, dataset)
    service.collect(id, Dataset.TAX_RETURN, Missing.NOT_AVAILABLE)
    service.finish(id)
    borrower.sees("授权成功")
    borrower.sees("SQ2026112400001")
    borrower.picture("9-done")

    page.get_by_role("link", name="EN").click()
    borrower.sees("Authorization successful")
    borrower.picture("10-done-en")
    page.get_by_role("link", name="中文").click()
    page.get_by_role("button", name="撤回授权").click()
    borrower.picture("11-withdraw")
    page.locator("#confirm").get_by_role("button", name="撤回授权").click()
    borrower.sees("授权已撤回")
    borrower.picture("12-withdrawn")
    assert [each.id for each in service.disposals] == [id]


def _drag_to(page: Page, x: float, borrower: Borrower) -> None:
    """Drag the handle until the piece's left edge is at ``x`` of the original picture."""
    handle, track = page.locator(".handle").bounding_box(), page.locator(".track").bounding_box()
    assert handle is not None
    assert track is not None
    start = (handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    travel = (track["width"] - 2 - handle["width"]) * x / (SCENE[0] - PIECE)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + travel / 2, start[1] + 3, steps=4)
    page.mouse.move(start[0] + travel, start[1] + 1, steps=4)
    borrower.picture("5-slider")
    page.mouse.up()


def test_a_failure_says_why_in_both_languages_and_can_be_tried_again(borrower: Borrower) -> None:
    borrower.agrees()
    borrower.service.fail(borrower.id, "credentials_rejected")
    borrower.sees("账号或密码错误，系统不会重复尝试")
    borrower.picture("13-failed")
    borrower.page.get_by_role("link", name="EN").click()
    borrower.sees("The tax portal rejected the account or password; it was not tried again.")
    borrower.page.get_by_role("button", name="Try again").click()
    borrower.sees("Connecting to the tax portal")
    assert borrower.service.legs[-1].run == 2


def test_a_session_that_the_portal_dropped_is_repaired_by_one_tap(borrower: Borrower) -> None:
    borrower.agrees()
    borrower.service.grant(borrower.id)
    borrower.service.shop.ledger.move(
        borrower.id, State.NEEDS_REPAIR, actor="pipeline", error_code="session_expired"
    )
    borrower.sees("需要您重新登录")
    borrower.sees("税务门户会话已过期")
    borrower.picture("14-repair")
    borrower.page.get_by_role("button", name="登录").locator("visible=true").click()
    borrower.sees("正在连接税务门户")
    assert borrower.service.legs[-1].run == 2


def test_a_question_that_was_asked_anew_after_a_crash_says_so(borrower: Borrower) -> None:
    borrower.agrees()
    borrower.service.ask(borrower.id, ChallengeKind.SMS_CODE, hint="138****8000")
    borrower.sees("138****8000")
    borrower.service.ask(borrower.id, ChallengeKind.SMS_CODE, hint="138****8000")
    borrower.sees("验证已更新，请重新完成。")


def test_an_answer_that_comes_too_late_says_so_in_place_and_offers_a_new_question(
    borrower: Borrower,
) -> None:
    borrower.agrees()
    asked = borrower.service.ask(borrower.id, ChallengeKind.SMS_CODE, hint="138****8000")
    borrower.page.route("**/events", lambda route: route.abort())  # what is pushed would be first
    borrower.page.reload()
    borrower.sees("138****8000")
    lapse(borrower.service, asked.id)
    borrower.page.locator("input[name=code]").fill("246810")
    borrower.page.get_by_role("button", name="提交").locator("visible=true").click()
    borrower.sees("验证已过期，请重新获取")
    borrower.picture("14-late")
    borrower.page.unroute("**/events")
    borrower.page.get_by_role("button", name="重试").click()
    borrower.sees("正在连接税务门户")
    assert borrower.service.legs[-1].run == 2
    borrower.broken.clear()  # the browser itself notes what was refused and aborted


def test_a_question_that_runs_out_turns_into_the_offer_of_a_new_one(borrower: Borrower) -> None:
    borrower.agrees()
    borrower.service.ask(borrower.id, ChallengeKind.SMS_CODE, hint="138****8000", seconds=1)
    borrower.sees("验证已过期")
    borrower.picture("15-expired")
    borrower.page.get_by_role("button", name="重新获取").click()
    borrower.sees("正在连接税务门户")


def test_the_slider_can_be_moved_by_keyboard(borrower: Borrower) -> None:
    borrower.agrees()
    borrower.service.ask(borrower.id, ChallengeKind.SLIDER, picture=scene(), piece=piece(), piece_y=GAP_Y)
    borrower.sees("滑动验证")
    borrower.page.locator(".handle").focus()
    for _ in range(12):
        borrower.page.keyboard.press("PageUp")
    borrower.page.keyboard.press("Enter")
    assert abs(float(borrower.answered()["x"]) - 120) <= 1


def code(word: str) -> bytes:
    drawn = io.BytesIO()
    segno.make_qr(f"etax:{word}").save(drawn, kind="png", scale=6)
    return drawn.getvalue()


def shown(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def qr(picture: bytes, hint: Scan = Scan.WAITING) -> Challenge:
    return Challenge(ChallengeKind.QR, Resume.LIVE_PAGE, 300, hint=hint, picture=picture, poll_seconds=1)


def test_a_code_to_scan_follows_the_portal_without_a_word_from_the_person(borrower: Borrower) -> None:
    service, page, id = borrower.service, borrower.page, borrower.id
    borrower.agrees()
    asked = service.ask(id, ChallengeKind.QR, hint=Scan.WAITING, picture=code("one"), poll_seconds=1)
    borrower.sees("扫码登录税务门户")
    borrower.sees("等待扫码")
    form = page.locator("form[data-kind=qr]")
    picture = form.locator("img.qr")
    expect(picture).to_have_attribute("src", shown(code("one")))
    expect(form.locator("button[type=submit]")).to_have_count(0)
    borrower.sees("正在用同一部手机查看？")
    borrower.picture("16-qr")

    service.shop.challenges.change(asked, qr(code("two")))
    expect(picture).to_have_attribute("src", shown(code("two")))
    expect(form.locator(".renewed, .again").locator("visible=true")).to_have_count(0)
    expect(form.locator("#save")).to_have_attribute("href", shown(code("two")))
    assert service.shop.challenges.latest(id).id == asked.id, "it is the same question"

    service.shop.challenges.change(asked, qr(code("two"), Scan.SCANNED))
    borrower.sees("已扫描，请在手机上确认登录")
    expect(form.locator(".same-phone")).to_be_hidden()
    page.get_by_role("link", name="EN").click()
    borrower.sees("Scanned. Now confirm on your phone")
    borrower.picture("17-qr-scanned")
    page.get_by_role("link", name="中文").click()

    service.shop.challenges.close(asked, ChallengeState.REJECTED)
    borrower.works()
    service.ask(id, ChallengeKind.QR, hint=Scan.WAITING, picture=code("three"), poll_seconds=1, retry=True)
    borrower.sees("您在 App 中取消了，请重新操作。")
    expect(picture).to_have_attribute("src", shown(code("three")))


def test_the_code_can_be_opened_on_another_screen_which_shows_nothing_else(
    borrower: Borrower, phone: Any
) -> None:
    service, id = borrower.service, borrower.id
    borrower.agrees()
    asked = service.ask(id, ChallengeKind.QR, hint=Scan.WAITING, picture=code("one"), poll_seconds=1)
    borrower.sees("扫码登录税务门户")
    address = borrower.page.locator("#screen").inner_text()
    computer = phone.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    computer.goto(address)
    expect(computer.locator("img.qr")).to_have_attribute("src", shown(code("one")))
    company = service.shop.ledger.authorization(id).taxpayer_id
    assert company[-4:] not in computer.locator("body").inner_text()
    service.shop.challenges.change(asked, qr(code("two")))
    expect(computer.locator("img.qr")).to_have_attribute("src", shown(code("two")))
    service.shop.challenges.close(asked, ChallengeState.ACCEPTED)
    expect(computer.locator("img.qr")).to_have_count(0)
    expect(computer.get_by_text("请回到手机上的页面")).to_be_visible()
    assert service.shop.challenges.prompt(asked), "nothing was answered there"
    computer.context.close()


def test_an_approval_that_is_watched_shows_its_number_and_asks_for_no_button(borrower: Borrower) -> None:
    service, page, id = borrower.service, borrower.page, borrower.id
    borrower.agrees()
    asked = service.ask(id, ChallengeKind.APP_APPROVAL, hint="47", poll_seconds=1)
    borrower.sees("在税务 App 中确认")
    borrower.sees("正在等待您在 App 中确认")
    form = page.locator("form[data-kind=app_approval]")
    expect(form.locator(".compare")).to_have_text("47")
    expect(page.get_by_role("button", name="我已同意")).to_be_hidden()
    borrower.picture("19-approval")
    again = Challenge(ChallengeKind.APP_APPROVAL, Resume.LIVE_PAGE, 300, hint="91", poll_seconds=1)
    service.shop.challenges.change(asked, again)
    expect(form.locator(".compare")).to_have_text("91")


def test_statements_are_handed_in_on_the_page(
    service: Service, address: str, context: BrowserContext, tmp_path: Path
) -> None:
    done = service.submit(scopes=[{"dataset": each} for each in ("invoice", "bank_transaction")])
    page = context.new_page()
    page.goto(f"{address}/link/{done['token']}")
    section = page.locator("#files")
    expect(section).to_be_hidden()
    for _ in range(2):
        page.get_by_role("button", name="同意并授权").click()
    expect(section).to_be_visible()
    given = {"name": "流水.csv", "mimeType": "text/csv", "buffer": as_csv(BANKS["cib"](entries([100, -30])))}
    section.locator("input").set_input_files([given, {**given, "name": "b.txt", "buffer": b"?"}])
    expect(section.locator("li")).to_have_text("流水.csv 2 笔", use_inner_text=True)
    expect(section.get_by_role("alert")).to_have_text("b.txt: 无法识别文件格式", use_inner_text=True)
    page.screenshot(path=tmp_path / "files.png", full_page=True)
    section.locator("input").set_input_files({**given, "name": "c.txt", "buffer": b"!"})
    expect(section.get_by_role("alert")).to_have_text("无法识别文件格式", use_inner_text=True)
