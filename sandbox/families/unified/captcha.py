"""Slider and picture captchas, drawn anew for every try from the system's randomness."""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sandbox.portal import Clock

KINDS = ("slider", "picture")
LETTERS = "ACDEFHJKMNPQRTUVWXY34679"
WIDTH, HEIGHT, PIECE = 320, 160, 46
TOLERANCE = 5
SECONDS = 120
TRIES = 5


@dataclass
class Captcha:
    """``solution`` is the piece's left edge in pixels, or the letters."""

    id: str
    kind: str
    solution: str
    picture: bytes
    piece: bytes
    y: int
    born_at: datetime

    def shown(self) -> dict[str, str | int]:
        """What the page gets: pictures as data URLs, never the solution."""
        return {
            "id": self.id,
            "kind": self.kind,
            "picture": _url(self.picture),
            "piece": _url(self.piece),
            "y": self.y,
        }


class Captchas:
    """Open captchas by id, the last solution by account, and the passes that solved ones gave."""

    def __init__(self, clock: Clock, kinds: Sequence[str]) -> None:
        self._clock, self._kinds = clock, tuple(kinds)
        self._open: dict[str, Captcha] = {}
        self._passes: set[str] = set()
        self._tries: dict[str, int] = {}
        self.solutions: dict[str, dict[str, str]] = {}
        """``{"kind", "solution"}`` of the open captcha by the account typed: the sandbox's own door."""

    def new(self, account: str) -> Captcha:
        rng = secrets.SystemRandom()
        captcha = _slider(rng) if rng.choice(self._kinds) == "slider" else _picture(rng)
        captcha.born_at = self._clock.now()
        self._open[captcha.id] = captcha
        self.solutions[account] = {"kind": captcha.kind, "solution": captcha.solution}
        return captcha

    def check(self, captcha_id: str, answer: str) -> str | None:
        """A pass for the right answer, None for a wrong, late or repeated one."""
        captcha = self._open.pop(captcha_id, None)
        if captcha is None or self._clock.now() - captcha.born_at > timedelta(seconds=SECONDS):
            return None
        if not _solves(captcha, answer):
            return None
        word = secrets.token_urlsafe(12)
        self._passes.add(word)
        return word

    def exhausted(self, session_id: str) -> bool:
        """Count one wrong answer of a session; True when its budget is spent."""
        self._tries[session_id] = self._tries.get(session_id, 0) + 1
        if self._tries[session_id] < TRIES:
            return False
        self._tries.pop(session_id)
        return True

    def spend(self, word: str) -> bool:
        """Whether the pass is good; it is so once."""
        if word not in self._passes:
            return False
        self._passes.remove(word)
        return True


def _solves(captcha: Captcha, answer: str) -> bool:
    if captcha.kind == "picture":
        return answer.strip().upper() == captcha.solution
    try:
        return abs(float(answer) - int(captcha.solution)) <= TOLERANCE
    except ValueError:
        return False


def _slider(rng: Random) -> Captcha:
    x, y = rng.randint(90, WIDTH - PIECE - 12), rng.randint(12, HEIGHT - PIECE - 12)
    scene = _scene(rng)
    mask = _piece_mask()
    box = (x, y, x + PIECE, y + PIECE)
    piece = Image.new("RGBA", (PIECE, PIECE))
    piece.paste(scene.crop(box), (0, 0), mask)
    hole = Image.new("RGB", (PIECE, PIECE), (245, 247, 250))
    scene.paste(Image.blend(scene.crop(box), hole, 0.72), (x, y), mask)
    return Captcha(secrets.token_urlsafe(9), "slider", str(x), _png(scene), _png(piece), y, datetime.min)


def _picture(rng: Random) -> Captcha:
    text = "".join(rng.choices(LETTERS, k=4))
    image = Image.new("RGB", (140, 48), (247, 249, 252))
    pen = ImageDraw.Draw(image)
    for _ in range(5):
        line = [(rng.randint(0, 140), rng.randint(0, 48)) for _ in range(2)]
        pen.line(line, fill=_colour(rng, 150, 215), width=1)
    font = ImageFont.load_default(30)
    for place, letter in enumerate(text):
        tile = Image.new("RGBA", (40, 44))
        ImageDraw.Draw(tile).text((8, 2), letter, font=font, fill=(*_colour(rng, 20, 120), 255))
        turned = tile.rotate(rng.randint(-18, 18), resample=Image.Resampling.BICUBIC)
        image.paste(turned, (4 + place * 32, rng.randint(0, 6)), turned)
    return Captcha(secrets.token_urlsafe(9), "picture", text, _png(image), b"", 0, datetime.min)


def _scene(rng: Random) -> Image.Image:
    """Hills under a sky: enough texture for an eye to see where the piece belongs."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(rng, 150, 225))
    pen = ImageDraw.Draw(image)
    for depth in range(4):
        base = 50 + depth * 28
        ridge = [(step * 40, base + rng.randint(-24, 24)) for step in range(WIDTH // 40 + 1)]
        pen.polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], fill=_colour(rng, 60, 190 - depth * 25))
    for _ in range(14):
        cx, cy, radius = rng.randint(0, WIDTH), rng.randint(0, HEIGHT), rng.randint(3, 12)
        pen.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=_colour(rng, 70, 230))
    return image.filter(ImageFilter.SMOOTH)


def _piece_mask() -> Image.Image:
    mask = Image.new("L", (PIECE, PIECE), 0)
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((0, 8, PIECE - 9, PIECE - 1), radius=4, fill=255)
    pen.ellipse((11, 0, 27, 16), fill=255)
    pen.ellipse((PIECE - 17, 19, PIECE - 1, 35), fill=255)
    return mask


def _colour(rng: Random, low: int, high: int) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode() if png else ""
