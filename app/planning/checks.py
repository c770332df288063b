"""Sums that must agree: what went into a step against what came out of it, kept with the run and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.planning.errors import SumsDiffer

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Check:
    """`says` is what is claimed to be equal; `left` and `right` are the two figures; `tolerance` is relative."""

    says: str
    left: float
    right: float
    tolerance: float = TOLERANCE

    @property
    def off(self) -> float:
        """How far apart they are, relative to the larger one."""
        scale = max(abs(self.left), abs(self.right))
        return abs(self.left - self.right) / scale if scale else 0.0

    @property
    def is_good(self) -> bool:
        """Whether they agree."""
        return self.off <= self.tolerance

    def told(self) -> dict[str, Any]:
        """For the account of a run."""
        return {
            "says": self.says, "left": self.left, "right": self.right, "off": self.off, "limit": self.tolerance,
            "ok": self.is_good,
        }  # fmt: skip


def must_agree(step: str, checks: list[Check]) -> None:
    """SumsDiffer with the figures where they don't."""
    for one in checks:
        if not one.is_good:
            raise SumsDiffer(
                "In the step {step} the sums differ: {says}: {left} and {right}.",
                step=step, says=one.says, left=f"{one.left:.6f}", right=f"{one.right:.6f}",
            )  # fmt: skip
