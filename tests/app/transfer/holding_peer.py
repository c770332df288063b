"""The peer, with places where it stands still while a file of that name lies in its folder: there it is killed.

`before`: a message came and is not kept yet; `after`: it is kept, the answer is not out; `sent`: the city answered
and the peer has not noted it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from app.transfer import protocol, wire
from app.transfer.peer.__main__ import main
from app.transfer.peer.talk import Peer

FOLDER = Path(sys.argv.pop(1))
_receive, _call = Peer.receive, wire.call


def stand_still(at: str) -> None:
    if (FOLDER / at).exists():
        (FOLDER / f"{at}-reached").touch()
        while (FOLDER / at).exists():
            time.sleep(0.02)


def receive(self: Peer, message: protocol.Message) -> bool:
    stand_still("before")
    kept = _receive(self, message)
    stand_still("after")
    return kept


def call(*given: Any, **named: Any) -> bytes:
    told = _call(*given, **named)
    stand_still("sent")
    return told


Peer.receive = receive  # type: ignore[method-assign]  # what the test is for
wire.call = call
main()
