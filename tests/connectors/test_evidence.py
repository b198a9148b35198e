"""Evidence tells where and when, never what: bounded, the same bytes for the same notes, no canary in it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import bundle, evidence
from connectors.evidence import Recorder, bare, place
from connectors.http import PortalHttp
from schema.errors import SealBroken, TaxlinkError

SECRETS = st.one_of(
    st.from_regex(r"[0-9A-F]{8,32}", fullmatch=True).filter(lambda text: not text.isalpha()),
    st.from_regex(r"91[0-9]{6}[0-9A-Z]{10}", fullmatch=True),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[A-Z][a-z]{4}@[a-z]{4}-[0-9]{4}", fullmatch=True),
    st.text("京沪粤有限公司张李王贸易", min_size=4, max_size=12),
)
"""Ids, digests, phones, passwords and names."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*extra: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    drawn = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + drawn + chunk(b"IEND", b"")


def told(content: bytes) -> bytes:
    """Everything that a bundle holds, unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(
            [each.encode() for each in archive.namelist()] + [*map(archive.read, archive.namelist())]
        )


@settings(deadline=None)
@given(SECRETS)
@example("YSSQ4420261125000001")
def test_no_secret_comes_in_by_any_door(secret: str) -> None:
    recorder = Recorder()
    recorder.step(secret)
    recorder.step(f"page:{secret}")
    for url in (
        f"https://{secret}@etax.example/a",
        f"https://etax.example/etax/{secret}/list?q={secret}#{secret}",
        f"https://etax.example/etax/x{secret}.do",
        secret,
    ):
        recorder.exchanged("GET", url, 200, 1, 0.1)
        recorder.exchanged(secret, url, 200, 1, 0.1)
    recorder.picture(png(chunk(b"tEXt", b"Comment\0" + secret.encode())) + secret.encode())
    assert secret.encode() not in told(recorder.bundle("granted"))


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://etax.gd.example/etax/yssq?start=2026-01-01", ("etax.gd.example", "/etax/yssq")),
        ("http://127.0.0.1:8080/yspt/v1/invoice.query", ("127.0.0.1:8080", "/yspt/v1/invoice.query")),
        ("https://a.example/v1/payers/91440101MA5X17/vatReturns", ("a.example", "/v1/payers/*/vatReturns")),
        ("https://91440101MA5X17.example/x", ("*", "/x")),
        ("https://a.example/sbqc_aqsb/enterSbqc", ("a.example", "/sbqc_aqsb/enterSbqc")),
        ("https://a.example/Zm9vYmFyUXV1eFp6/x", ("a.example", "/*/x")),
        ("https://[broken/", ("*", "*")),
    ],
)  # fmt: skip
def test_a_place_keeps_words_and_masks_the_rest(url: str, where: tuple[str, str]) -> None:
    assert place(url) == where


def test_a_bundle_is_bounded_and_counts_what_it_drops() -> None:
    recorder = Recorder()
    for number in range(evidence.MOST_EXCHANGES + 7):
        recorder.exchanged("GET", "https://a.example/x", 200, number, 0.0)
    for number in range(evidence.MOST_STEPS + 3):
        recorder.step("even" if number % 2 else "odd")
    for _ in range(evidence.MOST_PICTURES + 2):
        recorder.picture(png())
    recorder.picture(png(chunk(b"IDAT", bytes(evidence.MOST_PICTURE_BYTES))))
    content = recorder.bundle("granted")
    found = bundle.opened(content)
    assert (len(found.manifest.exchanges), found.manifest.exchanges_dropped) == (evidence.MOST_EXCHANGES, 7)
    assert (len(found.manifest.steps), found.manifest.steps_dropped) == (evidence.MOST_STEPS, 3)
    assert len(found.pictures) == evidence.MOST_PICTURES
    assert len(content) < 64 << 10


def test_the_same_notes_are_the_same_bytes_and_an_altered_picture_is_found() -> None:
    recorder = Recorder()
    recorder.step("receipt")
    recorder.picture(png())
    recorder.receipt("YSSQ1", datetime(2026, 11, 24, tzinfo=UTC))
    recorder.fault("page_changed")
    found = bundle.opened(recorder.bundle("failed"))
    content = bundle.packed(found.manifest, found.pictures)
    assert bundle.packed(*vars(bundle.opened(content)).values()) == content
    assert found.manifest.fault is not None
    assert (found.manifest.fault.code, found.manifest.fault.step) == ("page_changed", "receipt")
    with pytest.raises(SealBroken):
        bundle.opened(bundle.packed(found.manifest, [png(chunk(b"IDAT", b"x"))]))
    with pytest.raises(SealBroken):
        bundle.opened(content[:-30])


def test_begin_forgets_what_came_before() -> None:
    recorder = Recorder()
    recorder.step("receipt")
    recorder.picture(png())
    recorder.fault("page_changed")
    recorder.begin()
    found = bundle.opened(recorder.bundle("collected"))
    assert (found.manifest.steps, found.manifest.fault, found.pictures) == ((), None, ())


@pytest.mark.parametrize("content", [b"", b"GIF89a", png()[:-4], b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_whole_png_is_not_kept(content: bytes) -> None:
    assert bare(content) == b""


class _Portal(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if "down" in self.path else 200)
        self.send_header("X-Secret", SECRET)
        self.end_headers()
        self.wfile.write(SECRET.encode() * 3)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silence."""


SECRET = "Kanari@enbird-2718"


def test_the_client_notes_every_exchange_and_nothing_that_it_carried() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    Thread(target=server.serve_forever, daemon=True).start()
    recorder = Recorder()
    address = f"http://127.0.0.1:{server.server_port}"
    http = PortalHttp(address, private=True, timeout_seconds=5, connections=1, recorder=recorder)
    for path in ("/apply", "/down"):
        with suppress(TaxlinkError):
            http.post(f"{path}/{SECRET}?q={SECRET}", SECRET.encode(), "text/plain", headers={"X": SECRET})
    server.shutdown()
    server.server_close()
    with suppress(TaxlinkError):
        http.post("/gone", b"", "text/plain")
    http.close()
    content = recorder.bundle("failed")
    seen = [(each.path, each.status, each.bytes) for each in bundle.opened(content).manifest.exchanges]
    assert seen == [("/apply/*", 200, 54), ("/down/*", 503, 54), ("/gone", 0, 0)]
    assert SECRET.encode() not in told(content)
