"""The Flask application: the shell, and one folder for each domain.

A domain is a folder with an `init(city)` that registers what it has: blueprints, layers, commands.
"""

from __future__ import annotations

from importlib import import_module

MODELS = (
    "accounts", "audit", "cases", "emergency", "residents", "components", "facilities", "field", "clocks", "notices",
    "open311", "web", "organisation", "routing", "evaluation", "transfer",
)  # fmt: skip


def import_models() -> None:
    """Import every model, so that `Base.metadata` is whole."""
    import_module("grid.models")
    for name in MODELS:
        import_module(f"app.{name}.models")
