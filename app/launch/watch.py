"""The supervisor's own process: ``python -m app.launch.watch -c FILE``. A full disk must not end it.

Supervisor reports a log line that it can't write on standard error, and dies if that fails as well: on a full disk it
would leave the parts of the city without anyone who watches over them.
"""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from typing import TextIO

from supervisor import supervisord


class Lossy:
    """Standard output or error, but what can't be written is dropped: at the very end, too, when Python flushes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, words: str) -> int:
        """Write at once, or not at all."""
        with suppress(OSError):
            self._stream.write(words)
            self._stream.flush()
        return len(words)

    def flush(self) -> None:
        """Nothing is held back."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


if __name__ == "__main__":
    sys.stdout, sys.stderr = Lossy(sys.stdout), Lossy(sys.stderr)
    try:
        supervisord.main()
    except OSError as error:  # closing its log is the last thing it does
        if error.errno != errno.ENOSPC:
            raise
