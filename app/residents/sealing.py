"""Sealing what must not stand in the clear: encryption with named keys, and a keyed blind index for look-up.

The keys lie in ``CITY_HOME/keys/residents`` (mode 0600), never in the database: a stolen copy of the database shows no
number, and a backup without its keys can't be read. Each key has an id, which is written into everything it seals, so
a new key can be made while older rows stay readable. Ciphers are a table: AES-256-GCM by default, SM4-GCM
(GB/T 32907) where the operator asks for it. The index is HMAC-SHA-256 of the normalised value with a key of its own;
without that key it can't be worked out by trying all numbers.

Layout of a sealed value: version 1 · length of the key id · key id · nonce (12) · ciphertext and tag (16). What it is
(``number``, ``phone``) is bound in, so that a value can't be moved to another column.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.settings import read_settings
from gis.errors import Unavailable
from grid.codes import normalise

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class KeyMissing(Unavailable):
    """The key that sealed a value is not in this home."""

    code = "residents.key_missing"


class Cipher(Protocol):
    """Authenticated encryption; `bound` is checked and not stored."""

    key_bytes: int

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Nonce, ciphertext and tag."""
        ...

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; InvalidTag when they were changed."""
        ...


class Aes256Gcm:
    """AES-256 in GCM."""

    key_bytes = 32

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plain, bound)

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; InvalidTag when they were changed."""
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)


class Sm4Gcm:
    """SM4 (GB/T 32907) in GCM."""

    key_bytes = 16

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        sealing = BlockCipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(bound)
        return nonce + sealing.update(plain) + sealing.finalize() + sealing.tag

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; InvalidTag when they were changed."""
        nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        opening = BlockCipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        opening.authenticate_additional_data(bound)
        return opening.update(body) + opening.finalize()


CIPHERS: dict[str, Cipher] = {"aes-256-gcm": Aes256Gcm(), "sm4-gcm": Sm4Gcm()}


@dataclass(frozen=True)
class Vault:
    """The keys of one home: several for sealing, the current one first used; one for the index."""

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
            raise KeyMissing("The key of this record is not in this home: restore keys/residents from the backup.")
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


def keys_file(home: Path) -> Path:
    """Where a home keeps its residents' keys."""
    return home / "keys" / "residents"


def open_vault(home: Path) -> Vault:
    """The vault of a home, made on first use. Of several processes that make it at once, the first wins."""
    file = keys_file(home)
    if not file.exists():
        _write(file, {"current": "", "keys": {}, "index": _text(secrets.token_bytes(32))}, "aes-256-gcm", fresh=True)
    kept = json.loads(file.read_text())
    keys = {name: (one["cipher"], base64.b64decode(one["key"])) for name, one in kept["keys"].items()}
    return Vault(keys, kept["current"], base64.b64decode(kept["index"]))


def add_key(home: Path, cipher: str = "aes-256-gcm") -> str:
    """Make a new current key; what older keys sealed stays readable. Returns its id."""
    open_vault(home)
    file = keys_file(home)
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
    """The home whose keys this process uses, and its vault as last read."""

    home: Path | None = None
    read: tuple[Path, int, Vault] | None = None


def bind(home: Path | None) -> None:
    """Set whose keys this process uses; None: those of the settings."""
    _Bound.home, _Bound.read = home, None


def vault() -> Vault:
    """The vault of this process, read again when its file changed."""
    home = _Bound.home or read_settings().home
    file = keys_file(home)
    changed_ns = file.stat().st_mtime_ns if file.exists() else 0
    kept = _Bound.read
    if kept is not None and kept[:2] == (home, changed_ns):
        return kept[2]
    opened = open_vault(home)
    _Bound.read = (home, file.stat().st_mtime_ns, opened)
    return opened


def seal_number(number: str) -> tuple[bytes, bytes]:
    """Sealed value and blind index of one citizen number, whatever way it was written."""
    kept, plain = vault(), normalise(number)
    return kept.seal(plain, "number"), kept.index(plain, "number")


def seal_numbers(numbers: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
    """Sealed values and blind indexes of many, for bulk loads."""
    kept, plain = vault(), [normalise(number) for number in numbers]
    return [kept.seal(one, "number") for one in plain], [kept.index(one, "number") for one in plain]
