"""A 2019 e-tax bureau on the Servyou pattern. The connector's README describes the wire."""

from __future__ import annotations

from sandbox.bureau.counter import Counter
from sandbox.families.servyou.notation import SCOPES, ServyouNotation
from sandbox.families.servyou.pages import pages
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The bureau, with the picture captcha's solutions at the sandbox's own door."""
    counter = Counter(portal, ServyouNotation(), SCOPES)
    return Built(counter.app(pages(counter, portal.clock)))
