"""What notices add to the application."""

from __future__ import annotations

from app.notices import admin_pages, failures, pages, routes
from app.web.assembly import Assembly
from app.web.metrics import watch


def init(city: Assembly) -> None:
    """Register blueprints and figures."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(admin_pages.bp)
    watch("city_notices_waiting", "Messages that wait to be sent", lambda db: failures.counts(db)["waiting"])
    watch("city_notices_dead", "Messages that were given up", lambda db: failures.counts(db)["dead"])
    watch("city_notices_untold", "Events that wait to be told on", lambda db: failures.counts(db)["untold"])
    watch("city_notices_broken", "Events that could not be told", lambda db: failures.counts(db)["broken"])
