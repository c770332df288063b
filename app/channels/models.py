"""Everyone who reported a case, kept apart from it and sealed; and how often the public page was used."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Channel(enum.StrEnum):
    """The way a report came."""

    PHONE = "phone"
    WEB = "web"


class Rating(enum.StrEnum):
    """What a reporter says of a case that is over; `not_reached`: nobody answered the call back."""

    SATISFIED = "satisfied"
    BASICALLY = "basically"
    DISSATISFIED = "dissatisfied"
    NOT_REACHED = "not_reached"


class Reporter(Base, HasId):
    """One person who reported a case, or joined others who had.

    `sealed` holds name, phone and e-mail as one text; `phone_index` and `email_index` find the same person's reports.
    `code_index` is the keyed digest of the code to follow the case by: the code itself is kept nowhere. `form_key` is
    the key of the form that was sent: sent twice it counts once.
    """

    __tablename__ = "case_reporters"
    __table_args__ = (
        Index("ix_case_reporters_phone_index", "phone_index"),
        Index("ix_case_reporters_case_id", "case_id"),
        Index("ix_case_reporters_rated_at", "rated_at"),
        Index(
            "ix_case_reporters_to_call", "at",
            postgresql_where=text("wants_reply AND rating IS NULL"),
        ),
    )  # fmt: skip

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id"))
    channel: Mapped[Channel] = mapped_column(enum_text(Channel))
    is_first: Mapped[bool]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    taken_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    form_key: Mapped[str | None] = mapped_column(unique=True)
    wants_reply: Mapped[bool] = mapped_column(server_default="false")
    words: Mapped[str] = mapped_column(server_default="")
    rating: Mapped[Rating | None] = mapped_column(enum_text(Rating))
    rated_at: Mapped[datetime | None]
    rated_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    comment: Mapped[str] = mapped_column(server_default="")
    calls: Mapped[int] = mapped_column(server_default="0")


class PublicUse(Base):
    """How often an address used the public page in an hour; the address is kept as a keyed digest, for two days."""

    __tablename__ = "public_uses"

    who: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    act: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    used: Mapped[int]
