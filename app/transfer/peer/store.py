"""What the peer keeps: one SQLite file, every change on disk before anybody hears of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS transfers (
    key TEXT PRIMARY KEY, direction TEXT NOT NULL, state TEXT NOT NULL, holder TEXT NOT NULL, own_id TEXT,
    their_id TEXT, case_state TEXT NOT NULL, result TEXT NOT NULL DEFAULT '', offer TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', recall_reason TEXT, sent INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0, made_at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0));
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, transfer TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    at TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0, tried INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', UNIQUE (transfer, seq));
CREATE TABLE IF NOT EXISTS inbox (
    id TEXT PRIMARY KEY, transfer TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    at TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', UNIQUE (transfer, seq));
CREATE TABLE IF NOT EXISTS files (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS transfer_files (
    transfer TEXT NOT NULL, sha256 TEXT NOT NULL, stage TEXT NOT NULL, direction TEXT NOT NULL,
    next_at REAL NOT NULL DEFAULT 0, tried INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (transfer, sha256));
"""


class Store:
    """The file; each thread and request opens it anew."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with self.changing() as db:
            db.executescript(TABLES)

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, written whole or not at all; of several at once each waits for the one before."""
        db = sqlite3.connect(self.file, timeout=20, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            yield db
            if db.in_transaction:
                db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        finally:
            db.close()

    def read(self, sql: str, *given: Any) -> list[dict[str, Any]]:
        """Rows as dicts; `offer` and `body` unpacked."""
        with self.changing() as db:
            return [unpacked(row) for row in db.execute(sql, given)]


def unpacked(row: sqlite3.Row) -> dict[str, Any]:
    """A row with its JSON read."""
    told = dict(row)
    for name in ("offer", "body"):
        if isinstance(told.get(name), str):
            told[name] = json.loads(told[name])
    return told


def find(db: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """A transfer; None if there is none."""
    row = db.execute("SELECT * FROM transfers WHERE key = ?", (key,)).fetchone()
    return None if row is None else unpacked(row)


def change(db: sqlite3.Connection, key: str, **facts: Any) -> None:
    """Set columns of a transfer; the names come from code."""
    names = ", ".join(f"{name} = ?" for name in facts)
    db.execute(f"UPDATE transfers SET {names} WHERE key = ?", (*facts.values(), key))  # noqa: S608 - names of code


def marks(db: sqlite3.Connection, key: str) -> list[str]:
    """The hashes of a transfer's files that are here."""
    kept = "SELECT t.sha256 FROM transfer_files t JOIN files f USING (sha256) WHERE t.transfer = ?"
    return [row[0] for row in db.execute(kept, (key,))]
