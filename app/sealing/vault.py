"""Encryption with named keys, and a keyed blind index for look-up.

Each register that seals has a file of keys of its own, ``CITY_HOME/keys/<register>`` (mode 0600), never in the
database: a stolen copy of the database shows nothing of what is sealed, and a backup without its keys can't be read.
Each key has an id, which is written into everything it seals, so a new key can be made while older rows stay readable.
The index is HMAC-SHA-256 of the normalised value with a key of its own; without that key it can't be worked out by
trying all values.

Layout of a sealed value: version 1 · length of the key id · key id · nonce (12) · ciphertext and tag (16). What it is
(``number``, ``phone``) is bound in, so that a value can't be moved to another column.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from app.sealing.ciphers import CIPHERS, NONCE_BYTES, TAG_BYTES
from app.settings import read_settings
from gis.errors import Unavailable

VERSION = 1


class KeyMissing(Unavailable):
    """The key that sealed a value is not in this home."""

    code = "sealing.key_missing"


@dataclass(frozen=True)
class Vault:
    """The keys of one register: several for sealing, the current one first used; one for the index."""

    register: str
    keys: dict[str, tuple[str, bytes]]  # id → cipher's name, key
    current: str
    index_key: bytes

    def seal(self, text: str, kind: str) -> bytes:
        """A text under the current key."""
        cipher, key = self.keys[self.current]
        name = self.current.encode()
        return bytes((VERSION, len(name))) + name + CIPHERS[cipher].seal(key, text.encode(), kind.encode())

    def open(self, sealed: bytes, kind: str) -> str:
        """What was sealed; KeyMissing when its key is not here or the value was tampered with."""
        name = key_id(sealed)
        if name not in self.keys:
            raise KeyMissing(
                "The key of this record is not in this home: restore keys/{register} from the backup.",
                register=self.register,
            )
        cipher, key = self.keys[name]
        try:
            return CIPHERS[cipher].open(key, sealed[2 + sealed[1] :], kind.encode()).decode()
        except InvalidTag as error:
            raise KeyMissing("A sealed value does not open: it was changed, or its key was.") from error

    def index(self, text: str, kind: str) -> bytes:
        """The blind index of a normalised text: equal texts give equal bytes, nothing else is told."""
        return hmac.digest(self.index_key, kind.encode() + b"\0" + text.encode(), hashlib.sha256)


def key_id(sealed: bytes) -> str:
    """The id of the key that sealed a value; KeyMissing for bytes that no vault made."""
    if len(sealed) < 2 + NONCE_BYTES + TAG_BYTES or sealed[0] != VERSION:
        raise KeyMissing("A sealed value does not open: it was changed, or its key was.")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def keys_file(home: Path, register: str) -> Path:
    """Where a home keeps a register's keys."""
    return home / "keys" / register


def open_vault(home: Path, register: str) -> Vault:
    """A register's vault, made on first use. Of several processes that make it at once, the first wins."""
    file = keys_file(home, register)
    if not file.exists():
        _write(file, {"current": "", "keys": {}, "index": _text(secrets.token_bytes(32))}, "aes-256-gcm", fresh=True)
    kept = json.loads(file.read_text())
    keys = {name: (one["cipher"], base64.b64decode(one["key"])) for name, one in kept["keys"].items()}
    return Vault(register, keys, kept["current"], base64.b64decode(kept["index"]))


def add_key(home: Path, register: str, cipher: str = "aes-256-gcm") -> str:
    """Make a new current key; what older keys sealed stays readable. Returns its id."""
    open_vault(home, register)
    file = keys_file(home, register)
    return _write(file, json.loads(file.read_text()), cipher, fresh=False)


def _write(file: Path, kept: dict[str, object], cipher: str, *, fresh: bool) -> str:
    """Write the keys whole, by way of a draft that only the owner reads."""
    name = secrets.token_hex(4)
    keys = dict(kept["keys"]) if isinstance(kept["keys"], dict) else {}
    keys[name] = {"cipher": cipher, "key": _text(secrets.token_bytes(CIPHERS[cipher].key_bytes))}
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{name}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(kept | {"current": name, "keys": keys}, indent=1))
    if fresh:
        with suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    else:
        draft.replace(file)
    return name


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class _Bound:
    """The home whose keys this process uses, and its vaults as last read."""

    home: Path | None = None
    read: dict[tuple[Path, str], tuple[int, Vault]] = {}  # noqa: RUF012 - one table for the process


def bind(home: Path | None) -> None:
    """Set whose keys this process uses; None: those of the settings."""
    _Bound.home = home
    _Bound.read.clear()


def vault(register: str) -> Vault:
    """A register's vault in this process, read again when its file changed."""
    home = _Bound.home or read_settings().home
    file = keys_file(home, register)
    changed_ns = file.stat().st_mtime_ns if file.exists() else 0
    kept = _Bound.read.get((home, register))
    if kept is not None and kept[0] == changed_ns:
        return kept[1]
    opened = open_vault(home, register)
    _Bound.read[home, register] = (file.stat().st_mtime_ns, opened)
    return opened
