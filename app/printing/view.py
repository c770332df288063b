"""What the map's address says, read on the server: the same words as `static/js/map/state.js`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from gis.errors import InvalidInput
from layers.layer import Layer

QUERY_MAX = 4_000
HOURS = {"24h": 24, "7d": 168, "30d": 720, "90d": 2160}
FIRST = "cases"  # whose filters are meant while no layer is named


@dataclass(frozen=True)
class View:
    """A map's state: place, layers, styles, filters. Whatever makes no sense in the address is left out."""

    center: tuple[float, float] | None = None
    zoom: float | None = None
    on: tuple[str, ...] | None = None
    off: tuple[str, ...] = ()
    opacity: Mapping[str, float] = field(default_factory=dict)
    styles: Mapping[str, int] = field(default_factory=dict)
    layer: str = ""
    filters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def shown(self, layers: Sequence[Layer]) -> list[Layer]:
        """Of a viewer's layers those that the map shows, lowest first."""
        return [one for one in layers if self._is_on(one)]

    def _is_on(self, layer: Layer) -> bool:
        if layer.theme == "base":
            return layer.id not in self.off
        return layer.visible if self.on is None else layer.id in self.on

    @property
    def as_of(self) -> datetime | None:
        """The past moment that the map shows; None for the present."""
        return _moment(self.words.get("datetime", ""))

    def args(self, layer: Layer, now: datetime) -> dict[str, str]:
        """The filter arguments of one layer, as its doors take them."""
        found = {f"f.{name}": value for name, value in self.filters.get(layer.id, {}).items()}
        if layer.time_field:
            hours = HOURS.get(self.words.get("when", ""))
            minute = (self.as_of or now).replace(second=0, microsecond=0)
            given = (minute - timedelta(hours=hours)).isoformat() if hours else None
            found |= {"from": given} if given else _some(self.words, "from", "to")
        found |= _some(self.words, "area", *(["datetime"] if self.as_of and keeps_past(layer) else []))
        return found | (_some(self.words, "q") if layer.id == (self.layer or FIRST) else {})


def keeps_past(layer: Layer) -> bool:
    """Whether a layer can be shown as it stood at a past moment; others are shown as they are now."""
    return layer.history is not None


def _moment(text: str) -> datetime | None:
    """An instant with its offset; None for anything else."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # the "+" of an offset arrives as a space
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo and "T" in text.upper() else None


def _some(words: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: words[name] for name in names if words.get(name)}


def clean(query: str) -> str:
    """The query of an address, without its question mark; InvalidInput when it is longer than any map's."""
    query = query.strip().partition("#")[0].rpartition("?")[2]
    if len(query) > QUERY_MAX or any(ord(one) < 32 for one in query):
        raise InvalidInput("This is no address of the map.", field="query")
    return urlencode(_pairs(query), safe=",:")


def fixed(query: str, now: datetime) -> str:
    """The query with a relative span of time made a fixed one, so that it stays the same view."""
    pairs = dict(_pairs(query))
    hours = HOURS.get(pairs.pop("when", ""))
    if hours:
        minute = (_moment(pairs.get("datetime", "")) or now).replace(second=0, microsecond=0)
        pairs |= {"from": (minute - timedelta(hours=hours)).isoformat(), "to": minute.isoformat()}
    return urlencode(pairs, safe=",:")


def read_view(query: str) -> View:
    """The state in a query that is `clean`."""
    pairs = dict(_pairs(query))
    layer = pairs.get("layer", "")
    opacity: dict[str, float] = {}
    styles: dict[str, int] = {}
    filters: dict[str, dict[str, str]] = {}
    for key, value in pairs.items():
        kind, _, rest = key.partition(".")
        if kind == "st" and rest and value.isdecimal() and len(value) < 18:
            styles[rest] = int(value)
        elif kind == "o" and rest:
            share = _number(value)
            opacity |= {rest: share} if share is not None and 0 <= share <= 1 else {}
        elif kind == "f" and rest:
            whose, dot, name = rest.partition(".")
            filters.setdefault(whose if dot else layer or FIRST, {})[name if dot else whose] = value
    zoom = _number(pairs.get("z", ""))
    return View(
        read_place(pairs.get("c", "")), zoom if zoom is not None and 0 <= zoom <= 24 else None,
        tuple(_split(pairs["on"])) if "on" in pairs else None,
        tuple(_split(pairs.get("off", ""))), opacity, styles, layer, filters,
        _some(pairs, "when", "from", "to", "area", "q", "datetime"),
    )  # fmt: skip


def read_place(text: str) -> tuple[float, float] | None:
    """Longitude and latitude; None where they are no place on earth."""
    parts = [_number(one) for one in text.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None:
        return None
    return (parts[0], parts[1]) if abs(parts[0]) <= 180 and abs(parts[1]) <= 90 else None


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)  # ``on=`` means that no layer is on


def _split(text: str) -> list[str]:
    return [one for one in text.split(",") if one]


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found == found and abs(found) != float("inf") else None
