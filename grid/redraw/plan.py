"""What a redraw does to areas of all levels, worked out before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from grid.build.plane import Plane
from grid.redraw.errors import refusal
from grid.redraw.shapes import array, many, overlapping, size_m2, wide


@dataclass(frozen=True)
class Shape:
    """An area as it stands or shall stand. `id` is 0 for one that is not there yet; `geom` is EPSG:4326.

    `was` is the code of the standing area whose ground this one takes unchanged, if there is one.
    """

    code: str
    level: str
    depth: int
    parent_code: str | None
    name_zh: str
    name_en: str
    geom: MultiPolygon
    is_generated: bool = False
    id: int = 0
    valid_from: date = date.min
    was: str | None = None


@dataclass
class Plan:
    """The areas that stand, by code; those of them that end; those that begin."""

    plane: Plane
    held: dict[str, Shape]
    ended: dict[str, Shape] = field(default_factory=dict)
    added: dict[str, Shape] = field(default_factory=dict)

    def standing(self) -> dict[str, Shape]:
        """The areas as they stand once the plan is carried out."""
        return {code: one for code, one in self.held.items() if code not in self.ended} | self.added

    def finest(self) -> set[str]:
        """Codes of the areas that will hold no other area."""
        standing = self.standing()
        return set(standing) - {one.parent_code for one in standing.values() if one.parent_code is not None}

    def add(self, one: Shape, *, old: str) -> None:
        """An area begins; `old` is the code it had. A code that is in use stands in the way."""
        if one.code in self.added or (one.code in self.held and one.code not in self.ended):
            raise refusal("areas.code_taken", area=one.code, old=old)
        self.added[one.code] = one

    def change(self, ended: list[Shape], added: list[Shape], *, reshape_parents: bool) -> None:
        """End areas of one level and begin others in their place; then the levels above follow."""
        self.ended |= {one.code: one for one in ended}
        for one in added:
            self.add(one, old=one.code)
        while ended:
            ended, added = self._above(ended, added, reshape_parents)
            self.ended |= {one.code: one for one in ended}
            self.added |= {one.code: one for one in added}

    def _above(self, ended: list[Shape], added: list[Shape], may: bool) -> tuple[list[Shape], list[Shape]]:
        """The parents between which ground moved: as they are, and as they shall be.

        A parent loses what its areas lost to those of others and gains what its own took; one without areas ends, and
        what is left of it follows most of its ground.
        """
        gains: dict[str, list[BaseGeometry]] = {}
        losses: dict[str, list[BaseGeometry]] = {}
        for old, new in _meeting(ended, added):
            if old.parent_code == new.parent_code:
                continue
            moved = wide(self.plane, shapely.intersection(old.geom, new.geom))
            if moved.is_empty:
                continue
            if not may:
                m2 = round(size_m2(self.plane, moved))
                raise refusal("areas.outside_parent", area=new.code, parent=new.parent_code, m2=m2)
            gains.setdefault(new.parent_code or "", []).append(moved)
            losses.setdefault(old.parent_code or "", []).append(moved)
        before = [self.held[code] for code in sorted(gains.keys() | losses.keys()) if code in self.held]
        barren = {one.code for one in before} - {one.parent_code for one in self.standing().values()}
        for code in barren:
            self._hand_over(self.held[code], gains, losses.get(code, []))
        after = [self._reshaped(one, gains, losses) for one in before if one.code not in barren]
        return before, after

    def _hand_over(self, barren: Shape, gains: dict[str, list[BaseGeometry]], lost: list[BaseGeometry]) -> None:
        """What is left of a parent without areas goes to the one that took most of it."""
        rest = wide(self.plane, shapely.difference(barren.geom, shapely.union_all(lost)))
        takers = [code for code in gains if code in self.held and code != barren.code]
        if rest.is_empty or not takers:
            return
        taken = {code: shapely.intersection(shapely.union_all(gains[code]), barren.geom) for code in takers}
        gains[max(takers, key=lambda code: size_m2(self.plane, taken[code]))].append(rest)

    def _reshaped(
        self, one: Shape, gains: Mapping[str, list[BaseGeometry]], losses: Mapping[str, list[BaseGeometry]]
    ) -> Shape:
        kept = shapely.difference(one.geom, shapely.union_all(losses.get(one.code, [])))
        whole = shapely.union_all([wide(self.plane, kept), *gains.get(one.code, [])])
        return replace(one, geom=many(whole), id=0)

    def recode_below(self, ended: list[Shape], added: list[Shape], codes: Mapping[str, str]) -> None:
        """Areas inside ended ones move into those that took the ground, under codes that begin with the new parent's.

        `codes` gives new codes by old ones; else the end of the code stays. Raises RedrawRefused when a new border cuts
        an area, or when the code is in use.
        """
        children: dict[str, list[Shape]] = {}
        for one in self.held.values():
            if one.parent_code is not None:
                children.setdefault(one.parent_code, []).append(one)
        below = [child for old in ended for child in children.get(old.code, ())]
        near: dict[str, list[Shape]] = {}
        for child, one in _meeting(below, added):
            near.setdefault(child.code, []).append(one)
        moves = [(child, self._taker(child, near.get(child.code, []))) for child in below]
        begun: list[tuple[Shape, Shape]] = []
        while moves:
            child, parent = moves.pop()
            if child.parent_code == parent.code:
                continue
            code = codes.get(child.code, _below(parent.code, child))
            new = replace(child, code=code, parent_code=parent.code, id=0, was=child.code)
            self.ended[child.code] = child
            begun.append((child, new))
            moves += [(grandchild, new) for grandchild in children.get(child.code, ())]
        for child, new in begun:
            self.add(new, old=child.code)

    def _taker(self, child: Shape, near: list[Shape]) -> Shape:
        """The new area that takes a child whole."""
        shares = [wide(self.plane, shapely.intersection(one.geom, child.geom)) for one in near]
        sizes = [size_m2(self.plane, share) for share in shares]
        if sum(sizes) == 0.0:
            raise refusal("areas.cuts_child", area=child.code, m2=round(size_m2(self.plane, child.geom)))
        most = max(sizes)
        if sum(sizes) > most:
            raise refusal("areas.cuts_child", area=child.code, m2=max(1, round(sum(sizes) - most)))
        return near[sizes.index(most)]

    def successors(self) -> list[tuple[str, str, float]]:
        """Old code, new code, share of the old area's ground, of each level; the shares of an old area sum to 1."""
        shares: dict[str, dict[str, float]] = {}
        for old, new in _meeting(list(self.ended.values()), list(self.added.values())):
            if new.level == old.level:
                m2 = size_m2(self.plane, wide(self.plane, shapely.intersection(old.geom, new.geom)))
                shares.setdefault(old.code, {})[new.code] = m2
        return [
            (old, new, m2 / sum(parts.values())) for old, parts in shares.items() for new, m2 in parts.items() if m2 > 0
        ]


def _below(parent_code: str, child: Shape) -> str:
    """The code of a child under another parent: its own end stays; one that doesn't begin with its parent's, whole."""
    before = child.parent_code or ""
    return parent_code + child.code.removeprefix(before) if child.code.startswith(before) else child.code


def _meeting(these: list[Shape], those: list[Shape]) -> Iterator[tuple[Shape, Shape]]:
    """Pairs of areas whose shapes meet."""
    for row, other in overlapping(array([one.geom for one in these]), array([one.geom for one in those])):
        yield these[row], those[other]
