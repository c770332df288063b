"""What gunicorn serves: ``app.web.wsgi:app``. Each worker process has an engine of its own."""

from __future__ import annotations

from app.launch.cluster import Cluster
from app.settings import read_settings
from app.web.create import create_app
from gis.db import make_engine

settings = read_settings()
app = create_app(settings, engine=make_engine(settings.database_url or Cluster.at(settings.home).url()))
