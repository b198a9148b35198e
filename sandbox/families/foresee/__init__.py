"""A 2019 e-tax bureau on the Foresee pattern. The connector's README describes the wire."""

from __future__ import annotations

from sandbox.bureau.counter import Counter
from sandbox.families.foresee.notation import SCOPES, ForeseeNotation
from sandbox.families.foresee.pages import pages
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The bureau, with the picture captcha's solutions at the sandbox's own door."""
    counter = Counter(portal, ForeseeNotation(), SCOPES)
    return Built(counter.app(pages(counter, portal.clock)))
