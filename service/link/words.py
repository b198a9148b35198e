"""The words of the borrower's page. Each stands in both languages."""

from __future__ import annotations

from typing import TypedDict

from authz.authorization import Authorization, Progress, State
from authz.challenges import ChallengeState, Relayed
from schema.dataset import Dataset


class Words(TypedDict):
    """One text in Chinese and English."""

    zh: str
    en: str


def words(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


PAGE: dict[str, Words] = {
    "title": words("涉税信息授权", "Tax record authorization"),
    "asks": words("邀请您授权查询企业涉税信息", "asks for your consent to read your company's tax records"),
    "company": words("企业", "Company"),
    "region": words("税务机关", "Tax authority"),
    "region_note": words("根据统一社会信用代码识别", "found from the company id"),
    "letter": words("授权书", "Letter of authorization"),
    "digest": words("文本指纹", "Text fingerprint"),
    "agree": words("同意并授权", "Agree and authorize"),
    "decline": words("不同意", "I do not agree"),
    "safe": words(
        "密码和验证码仅用于本次登录税务门户，银行不会保存。",
        "Your password and codes are used once, to sign in to the tax portal. The bank does not keep them.",
    ),
    "leave": words(
        "您可以停留在此页面，需要您操作时会立即显示。",
        "You can stay on this page. It will ask when it needs you.",
    ),
    "credentials": words("登录税务门户", "Sign in to the tax portal"),
    "credentials_note": words(
        "请输入您在电子税务局的账号和密码。", "Enter your own account and password of the e-tax bureau."
    ),
    "person_id": words("身份证件号码", "Person id number"),
    "password": words("税务门户密码", "Tax portal password"),
    "reveal": words("显示", "Show"),
    "sign_in": words("登录", "Sign in"),
    "picture": words("图形验证码", "Picture check"),
    "picture_note": words("请输入图片中的字符。", "Type the characters that you see in the picture."),
    "text": words("图中字符", "Characters"),
    "slider": words("滑动验证", "Slide to verify"),
    "slider_note": words("按住滑块，把拼图拖到缺口处。", "Drag the piece into its gap."),
    "slide": words("向右拖动", "Drag to the right"),
    "sms_code": words("短信验证码", "Text message code"),
    "sms_note": words("税务门户已把验证码发送到", "The tax portal sent a code to"),
    "code": words("验证码", "Code"),
    "identity": words("选择身份", "Choose your role"),
    "identity_note": words(
        "请选择本次授权的企业和身份。", "Choose the company and the role that you act in."
    ),
    "app_approval": words("在税务 App 中确认", "Approve in the tax app"),
    "app_note": words(
        "请打开手机上的税务 App，核对下面的数字并同意，然后回到这里。",
        "Open the tax app on your phone, compare this number, approve, and come back here.",
    ),
    "approved": words("我已同意", "I have approved"),
    "approving": words("正在等待您在 App 中确认…", "Waiting for your approval in the app…"),
    "app_refused": words("您在 App 中取消了，请重新操作。", "You cancelled in the app. Please do it again."),
    "qr": words("扫码登录税务门户", "Scan to sign in"),
    "qr_note": words(
        "请用手机上的电子税务局 App 扫描二维码，并在 App 中确认登录。",
        "Scan this code with the e-tax app on your phone, and confirm there.",
    ),
    "qr_waiting": words("等待扫码，二维码过期会自动更新", "Waiting for your scan; the code renews itself"),
    "qr_scanned": words("已扫描，请在手机上确认登录", "Scanned. Now confirm on your phone"),
    "same_phone": words("正在用同一部手机查看？", "Reading this on that same phone?"),
    "save": words("保存二维码", "Save the code"),
    "save_note": words(
        "保存或长按二维码，再用 App 的“扫一扫”从相册中选取。",
        "Save the code or press it long, then choose it from the album in the app's scanner.",
    ),
    "copy_address": words("复制地址", "Copy the address"),
    "copied": words("已复制", "Copied"),
    "screen_note": words(
        "或者在电脑上打开这个地址，用手机扫描电脑上的二维码：",
        "Or open this address on a computer, and scan the code from its screen:",
    ),
    "screen_done": words("请回到手机上的页面", "Please go back to the page on your phone"),
    "screen_none": words(
        "现在没有需要扫描的二维码；有的话会显示在这里。",
        "There is no code to scan now. If one comes, it shows here.",
    ),
    "waiting": words("税务门户尚未收到您的同意。", "The tax portal has not received your approval yet."),
    "redirect": words("到税务平台登录", "Sign in at the tax platform"),
    "redirect_note": words(
        "请在税务平台的页面上登录并同意，之后会自动回到这里。",
        "Sign in and agree on the tax platform's own page. It leads you back here.",
    ),
    "open": words("前往税务平台", "Go to the tax platform"),
    "submit": words("提交", "Submit"),
    "left": words("剩余时间", "Time left"),
    "expired": words("验证已过期", "This verification has expired"),
    "renew": words("重新获取", "Get a new one"),
    "again": words("验证未通过，请再试一次。", "That was not accepted. Please try once more."),
    "renewed": words("验证已更新，请重新完成。", "The verification was renewed. Please do it again."),
    "granted": words("已取得授权", "The tax portal has confirmed"),
    "granted_note": words(
        "正在读取授权范围内的数据，您可以关闭此页面。", "Your data are being read. You may close this page."
    ),
    "done": words("授权成功", "Authorization successful"),
    "done_note": words(
        "银行已收到您授权的数据，感谢您的配合。", "The bank has what you authorized. Thank you."
    ),
    "receipt": words("授权回执", "Receipt"),
    "read": words("读取的数据", "What was read"),
    "missing": words("暂未取得", "not available"),
    "failed": words("授权未完成", "The authorization was not completed"),
    "files": words("企业银行流水", "Bank statements"),
    "files_note": words(
        "上传从网银导出的流水文件（Excel、CSV、PDF，或打包为 ZIP），银行将在评估时一并参考。",
        "Add statements exported from your online bank (Excel, CSV, PDF, or a ZIP of them). "
        "The bank takes them into account.",
    ),
    "files_choose": words("选择文件", "Choose files"),
    "files_sending": words("正在上传并识别…", "Sending and reading…"),
    "files_rows": words("笔", "rows"),
    "retry": words("重试", "Try again"),
    "repair": words("需要您重新登录", "Please sign in once more"),
    "repair_note": words(
        "重新登录税务门户后，原授权继续有效，无需再次同意。",
        "Sign in to the tax portal again and your authorization goes on. You need not agree once more.",
    ),
    "withdraw": words("撤回授权", "Withdraw the authorization"),
    "withdraw_ask": words("确定撤回授权？", "Withdraw the authorization?"),
    "withdraw_note": words(
        "撤回后银行不再读取数据，已读取的数据将被删除。",
        "The bank will read nothing more, and what was read will be deleted.",
    ),
    "keep": words("保留授权", "Keep it"),
    "keep_letter": words("保存授权书（PDF）", "Keep the letter (PDF)"),
    "agreed": words("已同意", "You have agreed"),
    "agreed_note": words(
        "感谢您的配合。您可以随时在本页面撤回授权。",
        "Thank you. You can withdraw on this page at any time.",
    ),
    "closed_withdrawn": words("授权已撤回", "The authorization was withdrawn"),
    "closed_rejected": words("您未同意授权", "You did not agree"),
    "closed_expired": words("授权已结束", "The authorization has ended"),
    "closed_note": words(
        "银行不再读取数据，已读取的数据将被删除。", "Nothing more is read; what was read is deleted."
    ),
    "offline": words("网络中断，正在重新连接…", "Connection lost, reconnecting…"),
    "unsent": words("网络异常，请稍后再试。", "The network failed. Please try again."),
    "script": words("请启用 JavaScript 后继续。", "Please enable JavaScript to go on."),
    "secure": words("数据传输与存储均已加密", "Encrypted in transit and at rest"),
    "unopened": words("无法打开此链接", "This link cannot be opened"),
}

CONNECTING = words("正在连接税务门户…", "Connecting to the tax portal…")
AWAITING = words("正在等待其他授权人同意…", "Waiting for others to agree…")
CHECKING = words("税务门户正在核对…", "The tax portal is checking…")
CONFIRMED = words("税务门户已确认授权", "The tax portal has confirmed")
SORTING = words("正在整理数据…", "Putting the data in order…")


def step(current: Authorization, asked: Relayed | None, next_dataset: Dataset | None) -> Words:
    """What is going on, in plain words."""
    if current.state in (State.GRANTED, State.REFRESHING):
        if current.progress is Progress.COLLECTING and next_dataset is not None:
            return words(f"正在读取{next_dataset.zh}…", f"Reading {dataset_en(next_dataset)}…")
        return CONFIRMED if current.progress is Progress.WAITING else SORTING
    if current.state is State.REQUESTED:
        return AWAITING
    return CHECKING if _answered(current, asked) else CONNECTING


def dataset_en(dataset: Dataset) -> str:
    return dataset.value.replace("_", " ")


def _answered(current: Authorization, asked: Relayed | None) -> bool:
    done = (ChallengeState.ANSWERED, ChallengeState.ACCEPTED)
    return asked is not None and asked.run == current.run and asked.state in done
