"""One route of one region as an overlay, and a test that certifies it on the sandbox."""

from __future__ import annotations

from pathlib import Path

from connectors import overlay
from connectors.authoring.catalogue import Hosts, guessed, route_of
from connectors.authoring.drafts import Draft, rendered
from schema.dataset import USUAL, Route
from schema.errors import InvalidRequest
from schema.region import Region, region

MOST_LINES = 60
"""Of an overlay: a region that needs more needs a family of its own."""


def drafts(
    code: str, family: str, folder: Path, *, hosts: Hosts | None = None, force: bool = False
) -> list[Draft]:
    """The overlay with this route added, and, outside of the package, its test.

    What the file holds of the other route stays as it is. Raises ``UnknownRegion`` and ``InvalidRequest``:
    for a family that there is not, a route that is there already (unless ``force``), a file too long.
    """
    route, file = route_of(family), folder / f"{code}.toml"
    place = region(code)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if before and route in overlay.parse(code, before).routes:
        if not force:
            raise InvalidRequest(f"{file} has its route {route} already; --force replaces it")
        before = without(before, route)
    content = overlay_text(place, route, family, hosts or guessed(family, place), before)
    if (lines := len(content.splitlines())) > MOST_LINES:
        raise InvalidRequest(f"{file} would have {lines} lines, of {MOST_LINES} at most")
    written = [Draft(file, content, amends=bool(before))]
    test = folder / f"test_{code}.py"
    # Every bundled overlay is certified by the test suite already; the test of a file covers all its routes.
    if folder.resolve() != overlay.FOLDER and (force or not test.exists()):
        written.append(Draft(test, test_text(place)))
    return written


def overlay_text(place: Region, route: Route, family: str, hosts: Hosts, before: str = "") -> str:
    """The overlay of a region: what stood there before, and this route. Raises ``OverlayInvalid``."""
    words = {"region": place, "route": route, "family": family, "hosts": hosts, "datasets": USUAL}
    content = rendered("region/overlay.toml.jinja", before=before.rstrip(), **words)
    overlay.parse(place.code, content)
    return content


def test_text(place: Region) -> str:
    """A test that certifies every route of the overlay beside it."""
    return rendered("region/test.py.jinja", region=place, most=MOST_LINES)


def without(text: str, route: Route) -> str:
    """The file without the tables of a route; everything else, comments included, as it stands."""
    kept, dropping = list[str](), False
    for line in text.splitlines():
        if line.startswith("["):
            dropping = line.strip("[").split("]")[0].split(".")[:2] == ["routes", route.value]
        if not dropping:
            kept.append(line)
    return "\n".join(kept)
