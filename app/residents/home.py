"""What the first screen shows of the residents' register: the latest entries, by place and never by name."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.residents.models import Dwelling, Residence
from app.web.home import Card, Row
from app.web.named import ago, named
from grid.models import Address, Building
from grid.reach import Viewer, within

SHOWN = 5


def latest_entries(db: Session, viewer: Viewer) -> Card | None:
    """For clerks: how many residences were entered in the last seven days, and the latest ones."""
    if not viewer.may("residents.create"):
        return None
    recent = (
        select(Residence.person_id, Residence.recorded_at, Building, Address)
        .join(Dwelling, Dwelling.id == Residence.dwelling_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Address, Address.id == Dwelling.address_id)
        .where(within(viewer, Dwelling.area_code), Residence.recorded_at > func.now() - func.make_interval(0, 0, 0, 7))
    )
    count = db.scalar(select(func.count()).select_from(recent.subquery())) or 0
    rows = db.execute(recent.order_by(Residence.id.desc()).limit(SHOWN)).all()
    return Card(
        title=_l("Residences entered in seven days"),
        count=count,
        url="/residents",
        rows=[
            Row(
                title=_place(building, address),
                place="",
                url=f"/residents/{person_id}",
                clock_text=ago(recorded_at),
            )
            for person_id, recorded_at, building, address in rows
        ],
        order=20,
    )


def _place(building: Building | None, address: Address | None) -> str:
    if address is not None:
        return named(address.text_zh, address.text_en)
    return named(building.name_zh, building.name_en) if building is not None else "–"
