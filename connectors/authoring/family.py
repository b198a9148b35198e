"""The file set of a new family: it runs as written, against a sandbox portal that is written beside it."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from connectors.authoring.catalogue import families, guessed
from connectors.authoring.drafts import Draft, rendered
from connectors.authoring.region import overlay_text, test_text
from schema.dataset import USUAL, Route
from schema.errors import InvalidRequest
from schema.region import region

MOST_LINES = 400
"""Of a family's own folder."""
_NAME = re.compile(r"[a-z][a-z0-9]{1,23}")
_FILES = {
    "connectors/families/{}/__init__.py": "connector_init.py",
    "connectors/families/{}/api.py": "api.py",
    "connectors/families/{}/pages.py": "pages.py",
    "connectors/families/{}/portal.py": "portal.py",
    "connectors/families/{}/portal.toml": "portal.toml",
    "connectors/families/{}/README.md": "README.md",
    "sandbox/families/{}/__init__.py": "sandbox_init.py",
}


def drafts(name: str, code: str, root: Path) -> list[Draft]:
    """The family, its sandbox portal, and tests that certify it as the API of a region, in this checkout.

    Raises ``UnknownRegion``, and ``InvalidRequest`` for a name that is none or that a family has already.
    """
    place = region(code)
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InvalidRequest("a family's name is one word: small letters and digits")
    if name in families():
        raise InvalidRequest(f"there is a family {name} already")
    words = {"name": name, "title": name.capitalize(), "datasets": USUAL}
    tests = root / "tests" / "connectors" / name
    overlay = overlay_text(place, Route.API, name, guessed(name, place))
    return [
        *(
            Draft(root / path.format(name), rendered(f"family/{template}.jinja", **words))
            for path, template in _FILES.items()
        ),
        Draft(tests / f"{code}.toml", overlay),
        Draft(tests / f"test_{code}.py", test_text(place)),
    ]
