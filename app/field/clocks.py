"""What a phone's clock is worth: its times put right by how far it was ahead of ours when it sent them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=60)  # nothing waits longer on a phone; what claims so has a broken clock


@dataclass(frozen=True)
class PhoneClock:
    """`offset_s` is by how many seconds the phone was ahead of us when it sent."""

    offset_s: float
    now: datetime

    @classmethod
    def of(cls, sent_at: datetime, now: datetime) -> PhoneClock:
        """From what the phone's clock said at sending and what ours says now."""
        return cls((sent_at - now).total_seconds(), now)

    def right(self, claimed: datetime) -> datetime:
        """A time of the phone's clock by ours: never in the future, never older than anything waits."""
        try:
            moved = claimed.astimezone(UTC) - timedelta(seconds=self.offset_s)
        except OverflowError:
            return self.now
        return max(min(moved, self.now), self.now - LONGEST)
