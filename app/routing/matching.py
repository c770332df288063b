"""Which rule takes which case, for any number of cases at once: one way for the dispatch form and for replays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.clocks.calendars import Span
from app.routing.references import References
from app.routing.rules import Rule
from gis.lazy import library

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = library("pandas")

Mask = NDArray[np.bool_]
NONE = -1


@dataclass(frozen=True)
class Facts:
    """Arrays of one length: class, place (degrees, EPSG:4326), area, source, who is in charge of the component, when.

    `minute` is that of the city's day, `weekday` 1 is Monday, `day` counts from 1970-01-01; all by its wall clock.
    """

    class_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    area_code: NDArray[np.object_]
    source: NDArray[np.object_]
    owner: NDArray[np.object_]
    minute: NDArray[np.int64]
    weekday: NDArray[np.int64]
    day: NDArray[np.int64]
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return len(self.class_id)

    def codes(self, name: str) -> tuple[NDArray[np.int64], list[Any]]:
        """A text column as numbers into its distinct values, worked out once."""
        if name not in self.kept:
            numbers, values = pd.factorize(getattr(self, name), use_na_sentinel=False)
            self.kept[name] = (numbers, list(values))
        found: tuple[NDArray[np.int64], list[Any]] = self.kept[name]
        return found


def facts_of(rows: Sequence[Any], owners: Mapping[int, str], ref: References, at: Any = None) -> Facts:
    """Facts from rows of `app.cases.routed`; `at` replaces the time of all."""
    frame = pd.DataFrame(rows, columns=[*rows[0]._fields]) if rows else pd.DataFrame(columns=COLUMNS)
    moments = pd.Series([at] * len(frame)) if at is not None else frame["at"]
    local = pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).tz_convert(ref.zone)
    return Facts(
        frame["class_id"].to_numpy(np.int64), frame["lon"].to_numpy(float), frame["lat"].to_numpy(float),
        frame["area_code"].to_numpy(object), np.array([str(one) for one in frame["source"]], dtype=object),
        np.array([owners.get(one) if one is not None else None for one in ids_of(frame["component_id"])], dtype=object),
        (local.hour * 60 + local.minute).to_numpy(np.int64), (local.day_of_week + 1).to_numpy(np.int64),
        (local.tz_localize(None).normalize().asi8 // _unit(local)).astype(np.int64) if len(local) else np.empty(0, int),
    )  # fmt: skip


COLUMNS = ("class_id", "lon", "lat", "area_code", "source", "component_id", "at")


def ids_of(column: Any) -> list[int | None]:
    """Ids of a column, None where there is none."""
    return [None if pd.isna(one) else int(one) for one in column]


def _unit(index: pd.DatetimeIndex) -> int:
    """How many of the index's units a day has."""
    return int(pd.Timedelta(days=1) // pd.Timedelta(1, unit=index.unit))


def criteria(rule: Rule, ref: References) -> dict[str, Callable[[Facts], Mask]]:
    """What a rule asks, by name; only what it asks."""
    asked: dict[str, Callable[[Facts], Mask]] = {}
    if rule.classes:
        ids = np.array(sorted({one for key in rule.classes for one in ref.below.get(key, ())}), np.int64)
        asked["class"] = lambda facts: np.isin(facts.class_id, ids)
    if rule.areas:
        prefixes = tuple(rule.areas)
        asked["area"] = lambda facts: _among(facts, "area_code", lambda code: str(code).startswith(prefixes))
    if rule.polygon is not None:
        ground = rule.ground
        asked["polygon"] = lambda facts: np.asarray(shapely.intersects_xy(ground, facts.lon, facts.lat), bool)
    if rule.hours:
        spans = [Span.parse(one) for one in rule.hours]
        asked["hours"] = lambda facts: _any(
            [(facts.minute >= one.start_min) & (facts.minute < one.end_min) for one in spans]
        )
    if rule.weekdays:
        asked["weekdays"] = lambda facts: np.isin(facts.weekday, rule.weekdays)
    if rule.from_on or rule.to_on:
        first = np.datetime64(rule.from_on or "0001-01-01", "D").astype(np.int64)
        last = np.datetime64(rule.to_on or "9999-12-31", "D").astype(np.int64)
        asked["days"] = lambda facts: (facts.day >= first) & (facts.day <= last)
    if rule.owners:
        asked["owner"] = lambda facts: _among(facts, "owner", lambda who: who in rule.owners)
    if rule.sources:
        asked["source"] = lambda facts: _among(facts, "source", lambda one: one in rule.sources)
    return asked


def _any(masks: list[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(masks)
    return found


def _among(facts: Facts, name: str, fits: Callable[[Any], bool]) -> Mask:
    """Asks each distinct value once."""
    numbers, values = facts.codes(name)
    return np.array([fits(one) for one in values], bool)[numbers] if len(facts) else np.empty(0, bool)


def matches(rule: Rule, facts: Facts, ref: References) -> Mask:
    """Which cases a rule fits."""
    found: Mask = np.ones(len(facts), bool)
    for fits in criteria(rule, ref).values():
        found &= fits(facts)
    return found


def first_match(rules: Sequence[Rule], facts: Facts, ref: References) -> NDArray[np.int64]:
    """The place in the order (from 0) of the first rule that fits each case; -1 where none does."""
    won = np.full(len(facts), NONE, np.int64)
    for number, rule in enumerate(rules):
        if not (won == NONE).any():
            break
        won[(won == NONE) & matches(rule, facts, ref)] = number
    return won
