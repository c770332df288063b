"""``python -m app.transfer.peer``: the other side of a transfer, in the foreground."""

from __future__ import annotations

from pathlib import Path

import click
from werkzeug.serving import make_server

from app.transfer.peer.pages import create
from app.transfer.peer.store import Store
from app.transfer.peer.talk import Names, Peer


@click.command("peer")
@click.option("--port", type=click.IntRange(1, 65535), default=8345, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Its page has no login: keep it on this machine.")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), default=Path("peer.sqlite"), show_default=True)
@click.option("--system", default="12345", show_default=True, help="What this system is called.")
@click.option("--city", required=True, help="What the city is called: /admin/transfer says it.")
@click.option("--city-url", required=True, help="The city's address, as http://127.0.0.1:8000.")
@click.option("--secret", envvar="PEER_SECRET", required=True, help="What both sides sign with; or PEER_SECRET.")
def main(port: int, host: str, file: Path, system: str, city: str, city_url: str, secret: str) -> None:
    """Play the other side of a transfer: a page with its cases, and the protocol of docs/transfer.md."""
    peer = Peer(Names(system, city, city_url, secret), Store(file))
    server = make_server(host, port, create(peer), threaded=True)
    peer.start()
    click.echo(f"{system} plays the other side at http://{host}:{port}")
    server.serve_forever()


if __name__ == "__main__":
    main(prog_name="python -m app.transfer.peer")
