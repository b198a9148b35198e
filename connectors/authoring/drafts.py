"""Files rendered from the templates of this room, and written all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schema.errors import InvalidRequest

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Draft:
    """A file that is not written yet. ``amends`` is True for one that holds what stood there before."""

    path: Path
    content: str
    amends: bool = False


def rendered(template: str, **words: object) -> str:
    """A template of this room, filled in. A word that nobody gave is an error."""
    return _TEMPLATES.get_template(template).render(words)


def save(drafts: Sequence[Draft], *, force: bool) -> list[Path]:
    """Write them all. Raises ``InvalidRequest``, and writes none, when one would replace a file without
    ``force``."""
    taken = [draft.path for draft in drafts if draft.path.exists() and not (draft.amends or force)]
    if taken:
        raise InvalidRequest(f"there already, --force replaces: {', '.join(map(str, taken))}")
    for draft in drafts:
        draft.path.parent.mkdir(parents=True, exist_ok=True)
        draft.path.write_text(draft.content, encoding="utf-8")
    return [draft.path for draft in drafts]
