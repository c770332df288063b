"""Cases as a map layer: shape for the kind, fill for how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import g, has_app_context
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, Text, case, cast, select

from app.cases.classes import class_facts, majors
from app.cases.models import Case, CaseStatus, ClassKind
from app.cases.past import cases_at
from app.cases.squares import CasePyramid
from app.cases.visible import is_truly_located, visible
from app.cases.words import KINDS, SOURCES, STATUSES
from app.web.city import OPERATION_CENTRE, OWN_USE, DepartmentNames
from gis.db import transaction
from grid.models import Address, Area
from grid.reach import Viewer
from layers.layer import Field, Layer, Style, Words

CLASS = class_facts()
STAGES: dict[str, tuple[CaseStatus, ...]] = {
    "waiting": (CaseStatus.REPORTED, CaseStatus.VERIFYING),
    "working": (CaseStatus.FILED, CaseStatus.HANDLING, CaseStatus.CHECKING),
    "suspended": (CaseStatus.SUSPENDED, CaseStatus.TRANSFERRED),
    "over": (CaseStatus.CLOSED, CaseStatus.REFUSED, CaseStatus.MERGED, CaseStatus.VOID),
}
SIGNS: dict[str, Words] = {
    "event_waiting": _l("Happening, waiting"),
    "event_working": _l("Happening, in work"),
    "event_suspended": _l("Happening, suspended"),
    "event_over": _l("Happening, over"),
    "component_waiting": _l("Component fault, waiting"),
    "component_working": _l("Component fault, in work"),
    "component_suspended": _l("Component fault, suspended"),
    "component_over": _l("Component fault, over"),
}
# One hue by how much is left to do, grey when over; red and amber are kept for clocks
COLOURS = {"waiting": "#123f8c", "working": "#3382d6", "suspended": "#8e7cc3", "over": "#9aa0a6"}


class MajorNames(Mapping[str, Words]):
    """Names of the major classes by id, read from the catalogue once a request: a city may change it."""

    def __init__(self, kind: ClassKind | str | None = None) -> None:
        self.kind = kind

    def _read(self) -> dict[str, str]:
        key = f"major_names_{self.kind}"
        if has_app_context() and key in g:
            kept: dict[str, str] = g.get(key)
            return kept
        locale = get_locale()
        is_zh = locale is not None and locale.language == "zh"
        with transaction() as db:
            found = majors(db, self.kind)
        made = {str(one): (zh if is_zh else en) or zh for one, (zh, en) in found.items()}
        if has_app_context():
            setattr(g, key, made)
        return made

    def __getitem__(self, key: str) -> Words:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def rows(viewer: Viewer, at: datetime | None = None) -> Select[Any]:
    """The cases that a viewer sees, under the names of the layer's fields; with `at` as they stood then."""
    one = Case if at is None else cases_at(at)
    stage = case(*((one.status.in_(statuses), name) for name, statuses in STAGES.items()))
    columns: list[Any] = [
        one.id, one.geom, one.area_code, one.unit_cell_id, one.number, one.status, one.source, one.department,
        one.reported_at, one.due_at, one.closed_at, one.description,
        CLASS.c.name_zh.label("class_zh"), CLASS.c.name_en.label("class_en"), CLASS.c.kind,
        cast(CLASS.c.major_id, Text).label("major"), (cast(CLASS.c.kind, Text) + "_" + stage).label("sign"),
        is_truly_located(one).label("is_located"),
        Address.text_zh.label("address_zh"), Address.text_en.label("address_en"),
        _area(one, Area.name_zh).label("area_zh"), _area(one, Area.name_en).label("area_en"),
    ]  # fmt: skip
    joined = select(*columns).join(CLASS, CLASS.c.id == one.class_id)
    return joined.outerjoin(Address, Address.id == one.address_id).where(visible(viewer, one))


def _area(one: Any, name: Any) -> Any:
    """A name of the case's finest area: looked up only where it is shown, so that tiles don't pay for it."""
    return select(name).where(Area.code == one.area_code, Area.valid_to.is_(None)).scalar_subquery()


CASES = Layer(
    id="cases",
    title=_l("Cases"),
    about=_l("Faults and requests with their state and deadline, where they lie."),
    source=_l("Case register: reports of inspectors, callers, residents and other systems"),
    owner=OPERATION_CENTRE,
    licence=OWN_USE,
    theme="cases",
    geometry="POINT",
    rows=rows,
    history=rows,
    pyramid=CasePyramid(),
    fields=(
        Field("number", _l("Case number"), in_tile=False),
        Field("class_zh", _l("Class (Chinese)"), in_tile=False),
        Field("class_en", _l("Class (English)"), in_tile=False),
        Field("status", _l("Status"), "choice", {one.value: words for one, words in STATUSES.items()}, filterable=True),
        Field("kind", _l("Kind"), "choice", {one.value: words for one, words in KINDS.items()}, in_tile=False,
              filterable=True),
        Field("major", _l("Major class"), "choice", MajorNames(), in_tile=False, filterable=True),
        Field("source", _l("Source"), "choice", {one.value: words for one, words in SOURCES.items()}, in_tile=False,
              filterable=True),
        Field("reported_at", _l("Reported at"), "time"),
        Field("due_at", _l("Due by"), "time", in_tile=False),
        Field("closed_at", _l("Closed at"), "time", in_tile=False),
        Field("department", _l("Handled by"), choices=DepartmentNames(), in_tile=False, filterable=True),
        Field("is_located", _l("Truly located"), "flag", in_tile=False, filterable=True),
        Field("description", _l("Description"), in_tile=False),
        Field("address_zh", _l("Address (Chinese)"), in_tile=False),
        Field("address_en", _l("Address (English)"), in_tile=False),
        Field("area_zh", _l("Area (Chinese)"), in_tile=False),
        Field("area_en", _l("Area (English)"), in_tile=False),
        Field("sign", _l("Kind and progress"), "choice", SIGNS, in_list=False),
    ),
    style=Style(
        colour=COLOURS["over"],
        by="sign",
        colours={f"{kind}_{stage}": COLOURS[stage] for kind in ("event", "component") for stage in STAGES},
        shapes={f"{kind}_{stage}": shape for kind, shape in (("event", "circle"), ("component", "square"))
                for stage in STAGES},
        quiet=("event_over", "component_over"),
        size_px=6,
    ),
    time_field="reported_at",
    right="cases.read",
    channel="cases",
    watches=("cases", "case_classes"),
    detail="/cases/{number}",
    visible=True,
    order=300,
)  # fmt: skip
