"""What is said on the notification channel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from grid.reach import Viewer

CHANNEL = "city_changes"
# What can be watched; to hear of a channel one needs the right ``<channel>.read``, of notices that they are one's own.
CHANNELS = frozenset({"cases", "events", "residents", "components", "facilities", "layers", "notices"})
NOTICES = "notices"  # one account's own: `record_id` is the account
ACCOUNTS = "accounts"  # an account changed: its streams must prove themselves again


@dataclass(frozen=True)
class Change:
    """One changed row. `area_code` and `departments` decide who hears of it and are not sent on.

    `departments` are those that the row belongs to or has just left; None where rows belong to none.
    """

    channel: str
    kind: str
    record_id: int
    area_code: str
    bbox: tuple[float, float, float, float] | None
    departments: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, payload: str) -> Change:
        """A change from a notification's JSON; ValueError, KeyError or TypeError when it is none."""
        given: Any = json.loads(payload)
        if not isinstance(given, dict):
            raise TypeError("not an object")
        west_south_east_north = given.get("bbox")
        bbox = tuple(float(number) for number in west_south_east_north) if west_south_east_north else None
        if bbox is not None and len(bbox) != 4:
            raise ValueError("bbox needs four numbers")
        departments = given.get("departments")
        return cls(
            str(given["channel"]), str(given["kind"]), int(given["id"]), str(given["area"]), bbox,
            None if departments is None else tuple(str(name) for name in departments),
        )  # fmt: skip

    def is_for(self, viewer: Viewer, channels: frozenset[str]) -> bool:
        """Whether this viewer, watching these channels, hears of it."""
        if self.channel == NOTICES:
            return self.channel in channels and self.record_id == viewer.account_id
        may_hear = self.channel in channels and viewer.may(f"{self.channel}.read") and viewer.reaches(self.area_code)
        return may_hear and (
            self.departments is None or viewer.department is None or viewer.department in self.departments
        )

    def to_json(self) -> str:
        """What the browser gets."""
        return json.dumps({"channel": self.channel, "kind": self.kind, "id": self.record_id, "bbox": self.bbox})
