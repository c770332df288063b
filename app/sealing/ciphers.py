"""The ciphers that seal: authenticated encryption, a table by name."""

from __future__ import annotations

import os
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
TAG_BYTES = 16


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
