"""Which requests are logged: all but tiles that were given as asked for. A map asks for thousands an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

TILES, GOOD = "/tiles/", ("200", "204", "304")


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's log without the tiles that went well; the figures at /metrics count them."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log a request, unless it was for a tile and there is nothing to say."""
        if not (req.path.startswith(TILES) and str(resp.status).startswith(GOOD)):
            super().access(resp, req, environ, request_time)
