"""What two systems say to each other: signed JSON messages, numbered for each transfer. Knows no database.

`docs/transfer.md` is its description for others; the city and the small peer (`app.transfer.peer`) both speak by it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gis.errors import CityError

PREFIX = "/transfer/v1"
WINDOW_S = 300  # how far the clocks of both sides may be apart; what is older counts as sent again by a stranger
BODY_MAX = 1_000_000
SYSTEM, STAMP, SIGNATURE = "X-System", "X-Timestamp", "X-Signature"
CHAIN_MAX = 10

Kind = Literal[
    "offer", "accept", "refuse", "status", "comment", "recall", "recalled", "hand_back"
]  # fmt: skip
State = Literal[
    "reported", "verifying", "filed", "handling", "checking", "suspended", "transferred", "closed", "refused", "void"
]
OVER = ("closed", "refused", "void")
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(max_length=4000)]


class BadSignature(CityError):
    """The call is not signed by a partner, or too long ago."""

    code = "transfer.bad_signature"


class Told(BaseModel):
    """A part of a message: what is unknown in it is passed over, so that either side may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


class File(Told):
    """An attachment: fetched by its hash, checked against it."""

    sha256: Sha256
    bytes: int = Field(ge=1, le=100_000_000)
    stage: str = Field(default="report", max_length=40)


class Origin(Told):
    """Where a case was first logged."""

    system: Code
    id: str = Field(min_length=1, max_length=80)


class Message(Told):
    """One message. `seq` counts those of one side in one transfer from 1, so that none is done before its turn."""

    id: Key
    transfer: Key
    seq: int = Field(ge=1, le=1_000_000)
    kind: Kind
    at: AwareDatetime
    body: dict[str, Any] = Field(default_factory=dict)


class Offer(Told):
    """A case that the receiver is asked to take."""

    id: str = Field(min_length=1, max_length=80)
    origin: Origin
    chain: list[Code] = Field(min_length=1, max_length=CHAIN_MAX)  # the systems it went through, the sender last
    mapping_version: int = Field(default=1, ge=1)
    state: State = "reported"
    answer_in: Literal["usual", "complex"] = "usual"
    note: Words = ""
    files: list[File] = Field(default_factory=list, max_length=50)
    case: dict[str, Any]  # its names are mapped; see `CaseTold`


class CaseTold(Told):
    """The case of an offer, in our names."""

    class_code: str = Field(min_length=1, max_length=80)
    description: Words = ""
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    address: str = Field(default="", max_length=500)
    reported_at: AwareDatetime | None = None


class Accepted(Told):
    """The receiver has the case now, under this number."""

    id: str = Field(min_length=1, max_length=80)
    state: State = "reported"


class Refused(Told):
    """The receiver does not take it."""

    reason: Words = ""
    code: str = Field(default="refused", max_length=40)


class Status(Told):
    """Where the case stands with who has it, and with what result."""

    state: State
    result: Words = ""
    files: list[File] = Field(default_factory=list, max_length=50)


class Reason(Told):
    """Why: of a recall, a hand-back or a recalled transfer; also a comment."""

    reason: Words = ""
    by: str = Field(default="", max_length=200)
    files: list[File] = Field(default_factory=list, max_length=50)


def new_key() -> str:
    """A name for a message or a transfer that nobody else will choose."""
    return secrets.token_hex(16)


def packed(told: Mapping[str, Any]) -> bytes:
    """A message as it is sent, kept and signed."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(secret: str, stamp: str, method: str, target: str, body: bytes = b"") -> str:
    """The signature of a call: HMAC-SHA-256 over moment, method, path with query, and body."""
    signed = f"{stamp}.{method} {target}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def headers(system: str, secret: str, method: str, target: str, body: bytes = b"") -> dict[str, str]:
    """The headers of a call."""
    stamp = str(int(time.time()))
    return {SYSTEM: system, STAMP: stamp, SIGNATURE: sign(secret, stamp, method, target, body)}


def skew_s(given: Mapping[str, str], now: float) -> int | None:
    """By how many seconds the caller's clock is ahead of ours; None when it told no time."""
    stamp = given.get(STAMP, "")
    return int(stamp) - int(now) if stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 else None


def check(given: Mapping[str, str], secret: str, method: str, target: str, body: bytes = b"") -> int:
    """The clock skew of a rightly signed call in seconds; BadSignature for any other."""
    now = time.time()
    apart = skew_s(given, now)
    wanted = sign(secret, given.get(STAMP, ""), method, target, body)
    if not hmac.compare_digest(wanted.encode(), given.get(SIGNATURE, "").encode()) or apart is None:
        raise BadSignature("The signature does not fit.")
    if abs(apart) > WINDOW_S:
        raise BadSignature(
            "Your clock is {seconds} s away from ours: at most {most} are allowed.", seconds=apart, most=WINDOW_S
        )
    return apart


def digest(state: str, holder: str, result: str, files: Sequence[str]) -> str:
    """The mark by which both sides compare a case: its state, who has it, the result, the files' hashes."""
    return hashlib.sha256(packed({
        "state": state, "holder": holder, "result": result.strip(), "files": sorted(set(files)),
    })).hexdigest()  # fmt: skip
