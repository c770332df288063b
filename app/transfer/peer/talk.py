"""The peer's side of the protocol: what its people do, what messages do, and the thread that sends and fetches."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.transfer import protocol, wire
from app.transfer.errors import PartnerAway
from app.transfer.peer.store import Store, change, find, marks
from gis.errors import Conflict, InvalidInput, NotFound

ME, THEM, NOBODY = "me", "them", "nobody"
LOOK_EVERY_S = 0.2
BACK_OFF_MOST_S = 30.0


@dataclass(frozen=True)
class Names:
    """Who is who: this system's code, the city's code and address, and the secret that both know."""

    system: str
    city: str
    city_url: str
    secret: str


class Peer:
    """The peer at work on its store."""

    def __init__(self, names: Names, store: Store) -> None:
        self.names = names
        self.store = store

    # --- what its people do

    def offer(self, told: dict[str, Any], photos: Sequence[bytes], note: str = "") -> str:
        """Log a case here and offer it to the city; gives the transfer's key."""
        key = protocol.new_key()
        with self.store.changing() as db:
            [count] = db.execute("SELECT count(*) FROM transfers").fetchone()
            number = f"{self.names.system}-{count + 1:05}"
            offer = {
                "id": number, "origin": {"system": self.names.system, "id": number}, "chain": [self.names.system],
                "mapping_version": 1, "state": "reported", "answer_in": "usual", "note": note, "case": told,
                "files": [self._file(db, key, data, "report") for data in photos],
            }  # fmt: skip
            db.execute(
                "INSERT INTO transfers (key, direction, state, holder, own_id, case_state, offer) "
                "VALUES (?, 'out', 'offered', ?, ?, 'reported', ?)", (key, NOBODY, number, json.dumps(offer)),
            )  # fmt: skip
            self._put(db, key, "offer", offer)
        return key

    def act(self, key: str, act: str, words: str = "", state: str = "", photos: Sequence[bytes] = ()) -> None:
        """What somebody at the peer does to a case. Raises NotFound, Conflict, InvalidInput."""
        with self.store.changing() as db:
            one = find(db, key)
            if one is None:
                raise NotFound("There is no such transfer.")
            files = [self._file(db, key, data, "done") for data in photos]
            self._act(db, one, act, words, state, files)

    def _act(
        self, db: sqlite3.Connection, one: dict[str, Any], act: str, words: str, state: str, files: list[dict[str, Any]]
    ) -> None:
        key, stands = one["key"], (one["direction"], one["state"], one["holder"])
        if act == "accept" and stands == ("in", "offered", NOBODY):
            number = f"{self.names.system}-{one['offer']['id']}"
            change(db, key, state="accepted", holder=ME, own_id=number, case_state="reported")
            self._put(db, key, "accept", {"id": number, "state": "reported"})
        elif act == "refuse" and stands == ("in", "offered", NOBODY):
            change(db, key, state="refused", holder=THEM, reason=words)
            self._put(db, key, "refuse", {"reason": words, "code": "refused"})
        elif act == "status" and one["holder"] == ME and one["state"] in ("accepted", "handed_back"):
            told = protocol.Status.model_validate({"state": state, "result": words, "files": files})
            result = told.result if told.state in protocol.OVER else ""
            change(db, key, case_state=told.state, result=result)
            self._put(db, key, "status", told.model_dump() | {"result": result})
        elif act == "hand_back" and stands == ("in", "accepted", ME):
            change(db, key, state="handed_back", holder=THEM, reason=words)
            self._put(db, key, "hand_back", {"reason": words, "files": files})
        elif act == "recall" and one["direction"] == "out" and one["holder"] != ME and not one["recall_reason"]:
            change(db, key, recall_reason=words or "–")
            self._put(db, key, "recall", {"reason": words})
        elif act == "comment" and words:
            self._put(db, key, "comment", {"reason": words, "by": self.names.system, "files": files})
        else:
            raise Conflict("The case is not here to do that with.")

    def _file(self, db: sqlite3.Connection, key: str, data: bytes, stage: str) -> dict[str, Any]:
        mark = hashlib.sha256(data).hexdigest()
        db.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (mark, data))
        db.execute("INSERT OR IGNORE INTO transfer_files (transfer, sha256, stage, direction) VALUES (?, ?, ?, 'out')",
                   (key, mark, stage))  # fmt: skip
        return {"sha256": mark, "bytes": len(data), "stage": stage}

    def _put(self, db: sqlite3.Connection, key: str, kind: str, body: dict[str, Any]) -> None:
        db.execute("UPDATE transfers SET sent = sent + 1 WHERE key = ?", (key,))
        db.execute(
            "INSERT INTO outbox (id, transfer, seq, kind, body, at) "
            "SELECT ?, key, sent, ?, ?, ? FROM transfers WHERE key = ?",
            (protocol.new_key(), kind, json.dumps(body), datetime.now(UTC).isoformat(), key),
        )

    # --- what messages do

    def receive(self, message: protocol.Message) -> bool:
        """Keep a message and do all whose turn has come, in one transaction; False when it was here before."""
        with self.store.changing() as db:
            known = db.execute("SELECT seq FROM inbox WHERE id = ?", (message.id,)).fetchone()
            if known is None:
                try:
                    db.execute(
                        "INSERT INTO inbox (id, transfer, seq, kind, body, at) VALUES (?, ?, ?, ?, ?, ?)",
                        (message.id, message.transfer, message.seq, message.kind, json.dumps(message.body),
                         message.at.isoformat()),
                    )  # fmt: skip
                except sqlite3.IntegrityError as error:
                    raise Conflict("Message {seq} of this transfer was another one.", seq=message.seq) from error
            while self._do_next(db, message.transfer):
                pass
        return known is None

    def _do_next(self, db: sqlite3.Connection, key: str) -> bool:
        one = find(db, key)
        turn = one["done"] + 1 if one else 1
        row = db.execute("SELECT * FROM inbox WHERE transfer = ? AND seq = ? AND done = 0", (key, turn)).fetchone()
        if row is None:
            return False
        body = json.loads(row["body"])
        if row["kind"] == "offer" and one is None:
            self._offered(db, key, protocol.Offer.model_validate(body))
        elif one is not None:
            self._told(db, one, row["kind"], body)
        db.execute("UPDATE inbox SET done = 1 WHERE id = ?", (row["id"],))
        change(db, key, done=turn)
        return find(db, key) is not None

    def _offered(self, db: sqlite3.Connection, key: str, offer: protocol.Offer) -> None:
        db.execute(
            "INSERT INTO transfers (key, direction, state, holder, their_id, case_state, offer) "
            "VALUES (?, 'in', 'offered', ?, ?, ?, ?)",
            (key, NOBODY, offer.id, offer.state, offer.model_dump_json()),
        )  # fmt: skip
        self._expect(db, key, offer.files)
        if self.names.system in (*offer.chain, offer.origin.system):
            change(db, key, state="refused", holder=THEM, reason="loop")
            self._put(db, key, "refuse", {"reason": "The case has been here before.", "code": "loop"})

    def _told(self, db: sqlite3.Connection, one: dict[str, Any], kind: str, body: dict[str, Any]) -> None:
        key = one["key"]
        reason = str(body.get("reason", ""))
        if kind == "accept" and one["state"] == "offered":
            told = protocol.Accepted.model_validate(body)
            change(db, key, state="accepted", holder=THEM, their_id=told.id, case_state=told.state)
        elif kind == "refuse" and one["state"] == "offered":
            change(db, key, state="refused", holder=ME, reason=reason)
        elif kind == "status" and one["holder"] == THEM:
            status = protocol.Status.model_validate(body)
            change(db, key, case_state=status.state, result=status.result)
            self._expect(db, key, status.files)
        elif kind == "recall" and one["state"] == "offered":
            change(db, key, state="recalled", holder=THEM, reason=reason)
            self._put(db, key, "recalled", {})
        elif kind == "recall":
            change(db, key, recall_reason=reason)
        elif kind == "recalled":
            change(db, key, state="recalled", holder=ME)
        elif kind == "hand_back":
            change(db, key, state="handed_back", holder=ME, reason=reason, case_state="reported", result="")
            self._expect(db, key, protocol.Reason.model_validate(body).files)
            self._put(db, key, "status", {"state": "reported", "result": "", "files": []})
        elif kind == "comment":
            self._expect(db, key, protocol.Reason.model_validate(body).files)

    def _expect(self, db: sqlite3.Connection, key: str, files: Sequence[protocol.File]) -> None:
        for one in files:
            db.execute(
                "INSERT OR IGNORE INTO transfer_files (transfer, sha256, stage, direction) VALUES (?, ?, ?, 'in')",
                (key, one.sha256, one.stage),
            )

    # --- its list, and the thread

    def lines(self) -> list[dict[str, Any]]:
        """The list that the city compares with its own."""
        with self.store.changing() as db:
            found = [dict(row) for row in db.execute("SELECT * FROM transfers ORDER BY made_at, key")]
            return [self._line(db, one) for one in found]

    def _line(self, db: sqlite3.Connection, one: dict[str, Any]) -> dict[str, Any]:
        holder = {ME: self.names.system, THEM: self.names.city, NOBODY: ""}[one["holder"]]
        is_shared = one["state"] in ("accepted", "handed_back")
        state, result = (one["case_state"], one["result"]) if is_shared else ("", "")
        digest = protocol.digest(state, holder, result, marks(db, one["key"]) if is_shared else [])
        waits = "SELECT count(*) FROM outbox WHERE transfer = ? AND sent = 0"
        origin = json.loads(one["offer"])["origin"]
        return {
            "transfer": one["key"], "id": f"{origin['system']}:{origin['id']}", "answer": one["state"], "state": state,
            "holder": holder, "digest": digest, "waiting": db.execute(waits, (one["key"],)).fetchone()[0] > 0,
        }  # fmt: skip

    def start(self) -> None:
        """Send and fetch in a thread until the process ends."""
        threading.Thread(target=self._for_ever, daemon=True).start()

    def _for_ever(self) -> None:
        while True:
            for one in self.store.read(
                "SELECT * FROM outbox o WHERE sent = 0 AND next_at <= ? AND NOT EXISTS ("
                "SELECT 1 FROM outbox b WHERE b.transfer = o.transfer AND b.sent = 0 AND b.seq < o.seq)",
                time.time(),
            ):
                self._send(one)
            for one in self.store.read(
                "SELECT t.* FROM transfer_files t WHERE t.direction = 'in' AND t.next_at <= ? "
                "AND NOT EXISTS (SELECT 1 FROM files f WHERE f.sha256 = t.sha256)",
                time.time(),
            ):
                self._fetch(one)
            time.sleep(LOOK_EVERY_S)

    def _call(self, method: str, target: str, body: bytes = b"") -> bytes:
        return wire.call(self.names.city_url, self.names.system, self.names.secret, method, target, body)

    def _send(self, one: dict[str, Any]) -> None:
        names = ("id", "transfer", "seq", "kind", "at", "body")
        problem = ""
        try:
            self._call("POST", f"{protocol.PREFIX}/messages", protocol.packed({name: one[name] for name in names}))
        except PartnerAway as error:
            problem = str(error)
        wait_s = min(0.5 * 2 ** one["tried"], BACK_OFF_MOST_S)
        with self.store.changing() as db:
            db.execute("UPDATE outbox SET sent = ?, problem = ?, tried = tried + 1, next_at = ? WHERE id = ?",
                       (int(not problem), problem, time.time() + wait_s, one["id"]))  # fmt: skip

    def _fetch(self, one: dict[str, Any]) -> None:
        try:
            data = self._call("GET", f"{protocol.PREFIX}/files/{one['sha256']}")
            if hashlib.sha256(data).hexdigest() != one["sha256"]:
                raise InvalidInput("The file is not the one that was named.")
        except (PartnerAway, InvalidInput):
            wait_s = min(0.5 * 2 ** one["tried"], BACK_OFF_MOST_S)
            with self.store.changing() as db:
                db.execute("UPDATE transfer_files SET tried = tried + 1, next_at = ? WHERE transfer = ? AND sha256 = ?",
                           (time.time() + wait_s, one["transfer"], one["sha256"]))  # fmt: skip
            return
        with self.store.changing() as db:
            db.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (one["sha256"], data))
