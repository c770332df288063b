"""The Flask application: the shell, and one folder for each domain.

A domain is a folder with an `init(city)` that registers what it has: blueprints, layers, commands.
"""

from __future__ import annotations

from importlib import import_module

MODELS = (
    "accounts.models", "audit.models", "cases.models", "cases.catalogue_models", "emergency.models",
    "residents.models", "components.models", "facilities.models", "field.models", "dispatch.models", "clocks.models",
    "notices.models", "open311.models", "channels.models", "web.models", "organisation.models", "routing.models",
    "evaluation.models", "transfer.models", "datasets.models", "styles.models", "planning.models", "cases.squares",
    "datasets.past", "datasets.squares", "maps.models", "printing.models", "layerbook.models", "scenarios.models",
)  # fmt: skip


def import_models() -> None:
    """Import every model, so that `Base.metadata` is whole."""
    import_module("grid.models")
    for name in MODELS:
        import_module(f"app.{name}")
