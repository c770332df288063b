"""What the phone desk and the public page add to the application."""

from __future__ import annotations

from app.cases import outside
from app.channels import intake_pages, part, public_pages, routes
from app.sealing import vault
from app.web.assembly import Assembly

GROUND = ("blocks", "green", "water", "roads", "buildings", "areas")  # what the public page's map shows


def init(city: Assembly) -> None:
    """Register blueprints; the public page, and the base map without a login, only where the operator wants them."""
    vault.bind(city.settings.home)
    city.web.register_blueprint(intake_pages.bp)
    city.web.register_api(routes.api)
    outside.PARTS["reporters"] = part.part
    city.web.jinja_env.globals["public_page"] = "/report" if city.settings.public_reports else ""
    if city.settings.public_reports:
        city.web.register_blueprint(public_pages.bp)
        city.layers.open_to_all(*GROUND)
