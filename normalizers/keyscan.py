"""Whether compact JSON has exactly the keys of its contract, each as often as it must be and with a value of
its kind: told from the bytes, so that nothing need be inferred from the values.

Every ``":`` that stands in the bytes is looked at, in a text too. So a text with these two characters, blanks
behind a colon, a key twice, or anything else out of the ordinary says no: the page is then read the long way,
which knows better. It never says yes to a page with another key, or with one that is missing from a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from normalizers.contract import Shape

_QUOTE, _COLON = ord('"'), ord(":")
_WIDTH = 8
"""Bytes of a key that are compared: its end, with the quote before it where it is shorter."""
_TEXT, _COUNT, _LIST, _NULL = b'"', b"-0123456789", b"[", b"n"
"""What values of a kind begin with."""

_Words = npt.NDArray[np.uint64]


class Keys:
    """The keys of some shapes, one within the other."""

    def __init__(self, *shapes: Shape) -> None:
        self._shapes = shapes
        self._firsts: dict[str, bytes] = {}
        for shape in shapes:
            for name in shape.names:
                self._firsts[name] = self._firsts.get(name, b"") + _firsts(shape, name)

    def fit(self, content: bytes, objects: Mapping[str, int]) -> bool:
        """Whether the keys are these, where so many objects of each shape, by its name, were read."""
        wanted: Counter[str] = Counter()
        for shape in self._shapes:
            wanted.update(dict.fromkeys(shape.names, objects[shape.name]))
        framed = bytes(_WIDTH) + content + bytes(1)
        data = np.frombuffer(framed, np.uint8)
        ends_key = data[:-1] == _QUOTE
        ends_key &= data[1:] == _COLON
        places = np.flatnonzero(ends_key)
        if len(places) != wanted.total():
            return False
        words: _Words = np.ndarray((len(data) - _WIDTH + 1,), "<u8", framed, strides=(1,))
        return self._counts(words[places - _WIDTH], data[places + 2]) == wanted

    def _counts(self, ends: _Words, values: npt.NDArray[np.uint8]) -> dict[str, int]:
        """How often each key stands there with a value of its kind."""
        masked: dict[int, _Words] = {}
        kinds: dict[bytes, npt.NDArray[np.bool_]] = {}
        counts = {}
        for name, firsts in self._firsts.items():
            end = f'"{name}'.encode()[-_WIDTH:]
            shift = 8 * (_WIDTH - len(end))
            if shift not in masked:
                masked[shift] = ends >> np.uint64(shift)
            if firsts not in kinds:
                allowed = np.zeros(256, np.bool_)
                allowed[list(firsts)] = True
                kinds[firsts] = allowed[values]
            here = masked[shift] == np.uint64(int.from_bytes(end, "little"))
            counts[name] = int(np.count_nonzero(here & kinds[firsts]))
        return counts


def _firsts(shape: Shape, name: str) -> bytes:
    """What its value may begin with."""
    if name in shape.lists:
        return _LIST
    dtype = shape.required.get(name) or shape.nullable[name]
    first = _TEXT if dtype == pl.String else _COUNT
    return first + (_NULL if name in shape.nullable else b"")
