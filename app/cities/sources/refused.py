"""Rows that could not be taken, with line number and reason, in a file that the operator is told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass
class Refused:
    """What was refused from each file, gathered during a load."""

    found: list[pd.DataFrame] = field(default_factory=list)

    def add(self, file: str, frame: pd.DataFrame, code: str, reason: str) -> None:
        """Rows of a file (their `line` is told) that are refused for one reason, with a stable code."""
        if len(frame):
            told = pd.DataFrame({"file": file, "line": frame["line"].to_numpy(), "code": code, "reason": reason})
            self.found.append(told)

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """How many rows by file and reason code."""
        if not self.found:
            return {}
        every = pd.concat(self.found)
        sizes = every.groupby(["file", "code"], as_index=False).size()
        return {(str(row["file"]), str(row["code"])): int(row["size"]) for row in sizes.to_dict("records")}

    def write(self, path: Path) -> None:
        """All of them as CSV: file, line, code, reason."""
        path.parent.mkdir(parents=True, exist_ok=True)
        every = pd.concat(self.found) if self.found else pd.DataFrame(columns=["file", "line", "code", "reason"])
        every.to_csv(path, index=False)
