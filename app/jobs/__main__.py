"""``python -m app.jobs``: the worker, in the foreground; ./city up starts one."""

from __future__ import annotations

import logging
import os

from app.jobs import worker
from app.launch.context import open_city

settings = open_city()
logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
worker.run(settings.database_url or "")
logging.shutdown()
os._exit(0)  # taking GIS libraries apart costs seconds, and the kernel frees all of it anyway
