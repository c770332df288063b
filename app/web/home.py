"""The first screen: what each person must do now, and where. Domains hand in the cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flask import Flask, current_app
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.layer import Words

EXTENSION = "home_cards"


@dataclass(frozen=True)
class Row:
    """One thing to do: what, where, a link, and its clock (``on_time``, ``due_soon``, ``overdue`` or none)."""

    title: str
    place: str
    url: str
    clock: str = ""
    clock_text: str = ""


@dataclass(frozen=True)
class Card:
    """A figure with a link, and the first few rows behind it. A lower `order` stands higher."""

    title: Words
    count: int | None
    url: str
    note: Words = ""
    rows: Sequence[Row] = field(default_factory=tuple)
    order: int = 100


CardMaker = Callable[[Session, Viewer], Card | None]


def register_card(web: Flask, make: CardMaker) -> None:
    """Add a card maker from a domain's `init`; it gives None where the card is not for this viewer."""
    makers = web.extensions.setdefault(EXTENSION, [])
    if make not in makers:
        makers.append(make)


def cards_for(db: Session, viewer: Viewer) -> list[Card]:
    """The viewer's cards, most pressing first."""
    makers: list[CardMaker] = current_app.extensions.get(EXTENSION, [])
    made = (make(db, viewer) for make in makers)
    return sorted((card for card in made if card is not None), key=lambda card: card.order)
