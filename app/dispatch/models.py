"""Where teams last were, and their suggested stop orders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId
from gis.types import Point4326


class TeamPosition(Base):
    """The last position of a team, WGS 84. Only the last: no track of people at work is kept."""

    __tablename__ = "team_positions"
    __table_args__ = (
        Index("ix_team_positions_area_code", "area_code", postgresql_ops={"area_code": "text_pattern_ops"}),
    )

    team_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("teams.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    geom: Mapped[Point4326]
    area_code: Mapped[str]
    accuracy_m: Mapped[float | None]
    at: Mapped[datetime]


class DispatchRoute(Base, HasId):
    """An order of stops that was suggested and saved for a team; the newest one is the team's list."""

    __tablename__ = "dispatch_routes"
    __table_args__ = (Index("ix_dispatch_routes_team_id", "team_id", "id"),)

    team_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("teams.id"))
    by_order: Mapped[str]  # shortest, due
    metres: Mapped[float]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))


class DispatchStop(Base, HasId):
    """One stop of a route with the leg that leads to it; `is_straight`: no way by road was found for the leg."""

    __tablename__ = "dispatch_stops"
    __table_args__ = (
        UniqueConstraint("route_id", "position", name="uq_dispatch_stops_route_id_position"),
        Index("ix_dispatch_stops_case_id", "case_id"),
    )

    route_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("dispatch_routes.id", ondelete="CASCADE"))
    position: Mapped[int]
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id"))
    leg_m: Mapped[float]
    is_straight: Mapped[bool]
    arrives_at: Mapped[datetime]
