"""Rules about who sees a layer, and what was changed of what is said of it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Says(enum.StrEnum):
    """What a rule says of a layer or a theme; of a field it says hidden or seen."""

    HIDDEN = "hidden"
    SEEN = "seen"
    EXPORT = "export"


class LayerRule(Base, HasId):
    """One rule, in force until `ended_at`: a changed rule is a new row, so that the past can be told.

    `target` is ``layer:<id>`` or ``theme:<name>``, `who` is ``role:<role>`` (``role:public``: without a login) or
    ``account:<id>``; `field` is empty for the layer or theme itself.
    """

    __tablename__ = "layer_rules"
    __table_args__ = (
        Index("uq_layer_rules_now", "target", "field", "who", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    target: Mapped[str]
    field: Mapped[str] = mapped_column(server_default="")
    who: Mapped[str]
    says: Mapped[Says] = mapped_column(enum_text(Says))
    set_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]


class LayerWords(Base, HasId):
    """What is said of a layer otherwise than it is declared: only what was changed (`app.layerbook.said`)."""

    __tablename__ = "layer_words"

    layer_id: Mapped[str] = mapped_column(unique=True)
    said: Mapped[dict[str, str]] = mapped_column(JSONB)
    changed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
