"""Byte streams under a table: unzipped, in UTF-8 whatever the file is in, and counted."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Callable
from typing import IO, cast

import pyarrow as pa


class Transcoded(io.RawIOBase):
    """A byte stream of another encoding, read as UTF-8; what can't be decoded becomes U+FFFD."""

    def __init__(self, inner: IO[bytes], encoding: str) -> None:
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the base takes any writable buffer
        while not self._rest:
            raw = self._inner.read(1 << 20)
            self._rest = self._decoder.decode(raw, final=not raw).encode()
            if not raw:
                break
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self._inner.close()
        super().close()


class Counted(io.RawIOBase):
    """A byte stream that knows how much of the file under it has been taken out of it as rows."""

    def __init__(self, inner: IO[bytes], beneath: IO[bytes], size: int) -> None:
        self._inner, self._beneath, self._size = inner, beneath, max(size, 1)
        self._read = self._taken = self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the base takes any writable buffer
        raw = self._inner.read(len(buffer))
        buffer[: len(raw)] = raw
        self._read += len(raw)
        self._position = self._beneath.tell()
        return len(raw)

    def took(self, table: pa.Table) -> None:
        """Note that these rows have been given on: Arrow reads far ahead of them."""
        self._taken += table.nbytes - 3 * table.num_columns * len(table)  # offsets hold 4 bytes, a file a delimiter

    @property
    def share(self) -> float:
        """About how much has been given on, 0 to 1."""
        return min(self._taken / max(self._read, 1), 1.0) * self._position / self._size

    def close(self) -> None:
        self._inner.close()
        self._beneath.close()
        super().close()


def opener(path: str, *, zipped: bool) -> Callable[[], Counted]:
    """How to open a file's bytes, unzipped on the way."""

    def open_it() -> Counted:
        beneath = open(path, "rb")  # noqa: SIM115, PTH123 - closed by Counted
        size = beneath.seek(0, io.SEEK_END)
        beneath.seek(0)
        inner = cast("IO[bytes]", gzip.GzipFile(fileobj=beneath)) if zipped else beneath
        return Counted(inner, beneath, size)

    return open_it
