"""What a domain is handed when the application is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_openapi3.openapi import OpenAPI

from app.settings import Settings
from layers.layer import Registry

DOMAINS = (
    "accounts",
    "audit",
    "jobs",
    "live",
    "clocks",
    "organisation",
    "workflow",
    "notices",
    "places",
    "cases",
    "routing",
    "emergency",
    "residents",
    "components",
    "field",
    "dispatch",
    "facilities",
    "open311",
    "channels",
    "evaluation",
    "transfer",
    "imports",
    "layerbook",
    "datasets",
    "planning",
    "scenarios",
    "styles",
    "maps",
    "printing",
    "ogc",
    "cities",
)


@dataclass(frozen=True)
class Assembly:
    """The parts that a domain's `init` fills: the web application, the layer registry, the registers open to import."""

    settings: Settings
    web: OpenAPI
    layers: Registry
    registers: dict[str, Any] = field(default_factory=dict)
