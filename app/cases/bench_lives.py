"""Clients of `./city bench cases`: each lives whole lives of cases, one request a move, one open connection a role.

``python -m app.cases.bench_lives '{"port": …, "tokens": {role: token}, …}'`` prints ``{"lives": N}``.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from typing import Any

PROGRAM = {"Content-Type": "application/json", "Prefer": "return=minimal"}  # it needs no more than to know it was done
LIFE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("chief", "file", {}),
    ("dispatcher", "dispatch", {"department": "bench"}),
    ("department", "accept", {}),
    ("department", "done", {"note": "repaired"}),
    ("inspector", "checked", {"result": "passed"}),
    ("chief", "close", {}),
)


class Client:
    """An inspector, a chief, a dispatcher and a department, who work by turns on one case after the other."""

    def __init__(self, told: dict[str, Any], number: int) -> None:
        self._told, self._n = told, number * 1_000_003
        self._connections = {
            role: http.client.HTTPConnection("127.0.0.1", told["port"], timeout=60) for role in told["tokens"]
        }

    def live(self) -> None:
        """One whole life."""
        number = self._post("inspector", "/api/v1/cases", self._report())["number"]
        for role, act, answers in LIFE:
            self._post(role, f"/api/v1/cases/{number}/moves", {"act": act, "answers": answers})

    def _report(self) -> dict[str, Any]:
        self._n += 1
        across, up = 0.7548776662466927 * self._n % 1, 0.5698402909980532 * self._n % 1
        room = 0.99 * self._told["span"]
        spot = {"lon": self._told["west"] + across * room, "lat": self._told["south"] + up * room}
        return spot | {"class_id": self._told["class_id"], "description": "bench"}

    def _post(self, role: str, address: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = PROGRAM | {"Authorization": f"Bearer {self._told['tokens'][role]}"}
        connection = self._connections[role]
        connection.request("POST", address, json.dumps(body), headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"{address} {body}: {answer.status} {said[:500]!r}")
        return dict(json.loads(said))


def main(told: dict[str, Any]) -> int:
    """How many lives all clients ended inside the time that is measured."""
    began = time.monotonic()
    counted_from, end = began + told["warm_s"], began + told["warm_s"] + told["lives_s"]
    counts: list[int] = []
    failed: list[str] = []

    def work(number: int) -> None:
        client, count = Client(told, number), 0
        try:
            while time.monotonic() < end and not failed:
                client.live()
                count += counted_from <= time.monotonic() < end
        except SystemExit as error:
            failed.append(str(error))
        counts.append(count)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(told["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(failed[0])
    return sum(counts)


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"lives": main(json.loads(sys.argv[1]))}))
