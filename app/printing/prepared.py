"""What all pages of a print share: the layers as the viewer sees them, their legends, versions and sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.planning.inputs import mark_of
from app.printing.thematic import Wanted, told_of
from app.printing.view import View, keeps_past
from app.styles import service as styles
from app.web.city import city_facts
from gis.errors import NotFound
from grid.reach import Viewer
from layers.filters import read_filter
from layers.folium_map import filter_words
from layers.layer import Layer, Registry
from layers.legend import Legend
from layers.resolve import resolve

MARKED_TO = 200_000  # rows; the checksum of a register reads all of it


@dataclass(frozen=True)
class Prepared:
    """Ground and layers of a view, as the viewer may see them; `at` is the moment of the data in the city's zone.

    With `as_of` the layers that keep their past stand as they stood at that moment. `lines` tell of versions, filters,
    sources; `notes` of what the view names and this viewer can't see.
    """

    ground: list[Layer]
    areas: Layer | None
    layers: list[tuple[Wanted, Legend, int | None]]
    at: datetime
    as_of: datetime | None
    lines: list[str]
    notes: list[str]


def prepare(db: Session, registry: Registry, viewer: Viewer, view: View, now: datetime) -> Prepared:
    """Work the styles out; InvalidInput where a filter of the view does not fit its layer."""
    zone = ZoneInfo(city_facts().time_zone)
    every = registry.all(viewer)
    shown = view.shown(every)
    found, notes = [], _missing(view, every)
    for layer in (one for one in shown if one.theme != "base"):
        wanted, lost = _wanted(db, viewer, view, layer, now, zone)
        notes += lost
        found.append(told_of(db, viewer, wanted))
    at = now.astimezone(zone)
    return Prepared(
        [one for one in shown if one.theme == "base"], next((one for one in every if one.id == "areas"), None),
        found, at, view.as_of and view.as_of.astimezone(zone),
        [*_versions(db, viewer, found), *_filters(found, at), *_sources(found)], notes,
    )  # fmt: skip


def _missing(view: View, every: Sequence[Layer]) -> list[str]:
    known = {one.id for one in every}
    gone = [one for one in view.on or () if one not in known]
    return [_("Not for you to see, or gone: {layers}").format(layers=", ".join(gone))] if gone else []


def _wanted(
    db: Session, viewer: Viewer, view: View, layer: Layer, now: datetime, zone: ZoneInfo
) -> tuple[Wanted, list[str]]:
    """The layer in its kept style; in its usual look, and a note, where that is not for this viewer."""
    chosen = read_filter(layer, view.args(layer, now), zone)
    notes = [] if view.as_of is None or keeps_past(layer) else [
        _("{layer} keeps no history: it is shown as it is now.").format(layer=layer.title)
    ]  # fmt: skip
    opacity, style_id = view.opacity.get(layer.id, 1.0), view.styles.get(layer.id)
    if style_id is None:
        return Wanted(layer, chosen, opacity), notes
    try:
        kept = styles.get(db, viewer, style_id)
        declared = styles.declared_of(db, viewer, style_id, layer)
    except NotFound:
        note = _("The style of {layer} is not there, or not for you to see. This is the usual one.")
        return Wanted(layer, chosen, opacity), [*notes, note.format(layer=layer.title)]
    return Wanted(resolve(db, layer, viewer, declared, chosen).layer, chosen, opacity, kept.title), notes


def _versions(db: Session, viewer: Viewer, found: Sequence[tuple[Wanted, Legend, int | None]]) -> list[str]:
    """The version of each layer: a data set's own, a register's as a checksum of the rows that the viewer sees."""
    lines = []
    for wanted, _legend, whole in found:
        layer = wanted.layer
        if layer.version:
            told = _("version {number}").format(number=layer.version)
        elif layer.floor is not None:
            continue
        elif whole is not None and whole <= MARKED_TO:
            told = _("state {mark}").format(mark=mark_of(db, layer, viewer).rpartition(":")[2][:8])
        else:
            told = _("register, no checksum above {most} rows").format(most=f"{MARKED_TO:,}")
        changed = f", {layer.changed_at.astimezone(UTC):%Y-%m-%d}" if layer.changed_at else ""
        lines.append(f"{layer.title}: {told}{changed}")
    return lines


def _filters(found: Sequence[tuple[Wanted, Legend, int | None]], at: datetime) -> list[str]:
    return [
        f"{wanted.layer.title}: {words}"
        for wanted, _legend, _whole in found
        for words in filter_words(wanted.layer, wanted.chosen, at)
    ]


def _sources(found: Sequence[tuple[Wanted, Legend, int | None]]) -> list[str]:
    told = []
    for wanted, _legend, _whole in found:
        layer = wanted.layer
        parts = [str(one) for one in (layer.origin, layer.owner) if str(one)]
        parts += [_("licence: {name}").format(name=layer.licence)] if str(layer.licence) else []
        told += [f"{layer.title}: {' · '.join(parts)}"] if parts else []
    return told
