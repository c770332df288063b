"""How gunicorn serves the city: gevent workers, so that each watching browser costs a greenlet and not a thread.

The worker class patches sockets and select before it loads the application; psycopg then waits cooperatively.
"""

from __future__ import annotations

import gc
import os
import sys

from app.settings import read_settings

_settings = read_settings()

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.web_processes
worker_class = "gevent"
worker_connections = 2000
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a slow disk must not look like a dead worker
timeout = 120
graceful_timeout = 5  # event streams never end by themselves
keepalive = 15
loglevel = _settings.log_level
errorlog = "-"
accesslog = "-"
logger_class = "app.launch.access_log.AccessLog"
# Paths without their query: what people search for can name a person.
access_log_format = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
forwarded_allow_ips = ""  # only CITY_SECURE_COOKIES says that there is a proxy to believe (app.web.security)
proc_name = "citygrid"
control_socket_disable = True  # one socket for all of a user's servers; the supervisor is in control here


def post_worker_init(_worker: object) -> None:
    """What is loaded stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def worker_exit(_server: object, _worker: object) -> None:
    """Leave at once: taking GIS libraries apart costs seconds, and the kernel frees all of it anyway."""
    leaving = sys.exception()
    code = leaving.code if isinstance(leaving, SystemExit) and isinstance(leaving.code, int) else 0
    os._exit(code)  # gunicorn tells a worker that could not boot by its code
