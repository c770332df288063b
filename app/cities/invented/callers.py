"""Invented people who called the hotline or used the public page, so that the phone desk has something to show."""

from __future__ import annotations

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.channels import reporters
from app.channels.models import Channel, Rating
from app.cities.invented.names import people_names
from app.cities.invented.town import Town

MOST = 80
PEOPLE = 30  # fewer than reports: some called before
RATED = 0.6
_TOLD = text(
    "SELECT id, source, reported_at, closed_at FROM cases WHERE source IN ('hotline', 'public')"
    " ORDER BY reported_at DESC LIMIT :most"
)


def write_callers(db: Session, town: Town) -> None:
    """A name and a number that nobody has (138 0000 nnnn) for the newest cases that people reported."""
    rng = np.random.default_rng([town.amount.seed, 21])
    names = people_names(PEOPLE, rng)
    answers = rng.choice(np.array([Rating.SATISFIED, Rating.BASICALLY, Rating.DISSATISFIED]), MOST, p=[0.6, 0.25, 0.15])
    for at, row in enumerate(db.execute(_TOLD, {"most": MOST}).all()):
        who = int(rng.integers(PEOPLE))
        person = reporters.Person(names[who], f"138000{10_000 + 37 * who:05d}")
        channel = Channel.PHONE if row.source == "hotline" else Channel.WEB
        made = reporters.keep(db, row.id, channel, person, is_first=True, wants_reply=bool(rng.random() < 0.7))
        made.at = row.reported_at
        if row.closed_at is not None and rng.random() < RATED:
            made.rating, made.rated_at = Rating(str(answers[at])), row.closed_at
    db.flush()
