"""Finished tiles kept in memory: packed once, dropped when a write touches them, never given when older than a commit.

A tile is kept under what decides its content (`Question`: layer, the viewer's reach and rights, filter) and its
address, so that two people who may see the same share it and nobody gets another's. Who keeps or gives a tile has
caught up with the log of touches first (`layers.touches`); a write drops the tiles that it left and entered at all
zooms, and no other.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import sys
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from isal import igzip

from grid.reach import Viewer
from layers.filters import Filter
from layers.layer import Layer
from layers.mercator import MARGIN
from layers.touches import TOUCHES, Box, Touch

GZIP_LEVEL = 1  # of isal: 87 kB in 0.3 ms and a little smaller than what zlib's level 1 makes of it in 1 ms
GZIP_FROM = 500  # bytes; below it a header costs more than is saved
BYTES_MAX = 64 * 1024 * 1024
ENTRY_BYTES = 600  # what an entry costs beside its body, measured
Address = tuple[int, int, int]  # z, x, y


@dataclass(frozen=True)
class Packed:
    """A body as it travels: gzipped once (or plain where that saves nothing), with the ETag of its plain bytes."""

    body: bytes
    etag: str
    is_gzipped: bool

    @classmethod
    def of(cls, plain: bytes, etag: str | None = None) -> Packed:
        """From the plain bytes, and their `etag_of` where it is known."""
        etag = etag or etag_of(plain)
        if len(plain) < GZIP_FROM:
            return cls(plain, etag, is_gzipped=False)
        return cls(igzip.compress(plain, GZIP_LEVEL, mtime=0), etag, is_gzipped=True)

    def plain(self) -> bytes:
        """The bytes for who takes no gzip."""
        return gzip.decompress(self.body) if self.is_gzipped else self.body


def etag_of(plain: bytes) -> str:
    """The hash of a body: the same in every process, for all who see the same."""
    return hashlib.sha256(plain).hexdigest()[:24]  # processors have it built in: a third of the time of BLAKE2


@dataclass(frozen=True)
class Question:
    """All that decides what a tile holds, but its address; `watches` are the names of touches that change it."""

    watches: tuple[str, ...]
    key: Hashable


def question_of(layer: Layer, viewer: Viewer, chosen: Filter, *, only_counts: bool, sized: bool) -> Question | None:
    """What is asked of a layer for a viewer; None where the answer can't be kept.

    Kept are layers that say which touches change them (`Layer.watches`), but never those of people. Words are looked
    for in what other registers say as well, and are not kept.
    """
    if not layer.watches or layer.floor is not None or chosen.words is not None:
        return None
    shape = (layer.id, layer.view_key, layer.watches, layer.geometry, layer.zooms.start, layer.style.label,
             layer.pyramid is not None, tuple(one.name for one in layer.fields if one.in_tile))  # fmt: skip
    predicate = (viewer.role, viewer.prefixes, viewer.department, viewer.rights)
    return Question(layer.watches, (shape, predicate, chosen, only_counts, sized))


class TileCache:
    """Tiles by question and address, the least lately used dropped first when they need more than `bytes_max`."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.size = 0
        self._kept: OrderedDict[tuple[Hashable, Address], tuple[Packed, tuple[str, ...]]] = OrderedDict()
        self._by_name: dict[str, dict[int, dict[Address, set[Hashable]]]] = {}  # name → zoom → address → keys

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, question: Question, at: Address) -> Packed | None:
        """A kept tile. Only for who has caught up with the log since the request came."""
        found = self._kept.get((question.key, at))
        if found is None:
            return None
        self._kept.move_to_end((question.key, at))
        return found[0]

    def put(self, question: Question, at: Address, body: Packed, position: int) -> None:
        """Keep a tile that was read after the log was followed up to `position`, unless it was touched since."""
        since = TOUCHES.since(position)
        if since is None or any(one.name in question.watches and _is_under(at, one.box) for one in since):
            return
        key = (question.key, at)
        self._drop(key)
        self._kept[key] = body, question.watches
        self.size += _weight(body)
        for name in question.watches:
            self._by_name.setdefault(name, {}).setdefault(at[0], {}).setdefault(at, set()).add(question.key)
        while self.size > self.bytes_max and self._kept:
            self._drop(next(iter(self._kept)))

    def touched(self, found: list[Touch] | None) -> None:
        """Drop what was touched; everything for None."""
        if found is None:
            self._kept.clear()
            self._by_name.clear()
            self.size = 0
            return
        for touch in found:
            for at in self._under(touch):
                for key in list(self._by_name[touch.name][at[0]].get(at, ())):
                    self._drop((key, at))

    def _under(self, touch: Touch) -> list[Address]:
        zooms = self._by_name.get(touch.name, {})
        found: list[Address] = []
        for z, tiles in zooms.items():
            if touch.box is None:
                found += tiles
                continue
            left, top, right, bottom = _span(touch.box, z)
            if (right - left + 1) * (bottom - top + 1) > len(tiles):
                found += [at for at in tiles if left <= at[1] <= right and top <= at[2] <= bottom]
            else:
                around = ((z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))
                found += [at for at in around if at in tiles]
        return found

    def _drop(self, key: tuple[Hashable, Address]) -> None:
        found = self._kept.pop(key, None)
        if found is None:
            return
        self.size -= _weight(found[0])
        question, at = key
        for name in found[1]:
            tiles = self._by_name[name][at[0]]
            tiles[at].discard(question)
            if not tiles[at]:
                del tiles[at]


def _weight(body: Packed) -> int:
    return sys.getsizeof(body.body) + ENTRY_BYTES


def _span(box: Box, z: int) -> tuple[int, int, int, int]:
    """First column, first row, last column, last row of the tiles whose rows or whose margin the box touches."""
    west, south, east, north = box
    side = 1 << z
    columns = [math.floor((lon + 180.0) / 360.0 * side + shift) for lon, shift in ((west, -MARGIN), (east, MARGIN))]
    rows = [math.floor(_down(lat) * side + shift) for lat, shift in ((north, -MARGIN), (south, MARGIN))]
    left, right = (min(max(one, 0), side - 1) for one in columns)
    top, bottom = (min(max(one, 0), side - 1) for one in rows)
    return left, top, right, bottom


def _down(lat: float) -> float:
    """How far down the square map a latitude lies, 0 to 1."""
    return (1 - math.asinh(math.tan(math.radians(max(-89.9, min(89.9, lat))))) / math.pi) / 2


def _is_under(at: Address, box: Box | None) -> bool:
    if box is None:
        return True
    left, top, right, bottom = _span(box, at[0])
    return left <= at[1] <= right and top <= at[2] <= bottom


CACHE = TileCache()
TOUCHES.listen(CACHE.touched)
