"""The pages of recipes: the list, and one as cards. What they do goes through the API."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.accounts.session import current_viewer
from app.planning import declared, service, told
from app.planning.routes import registry
from app.planning.step_words import STEPS
from gis.db import transaction

bp = Blueprint("planning", __name__, url_prefix="/planning/recipes", template_folder="templates")


@bp.get("")
def list_recipes() -> str:
    """One's own recipes, with what changed since each was last carried out."""
    viewer = current_viewer()
    with transaction() as db:
        found = service.own(db, viewer)
        items = [
            told.recipe(one, service.layer_of(db, one)) | {"stale": service.stale(db, viewer, registry(), one)}
            for one in found
        ]
    return render_template("planning/recipes.html", items=items)


@bp.get("/new")
def new_recipe() -> str:
    """An empty one."""
    current_viewer().require(service.RIGHT)
    return render_template("planning/recipe.html", one=None, steps=declared.schema(), titles=STEPS)


@bp.get("/<int:number>")
def show_recipe(number: int) -> str:
    """One as cards, with its last result."""
    with transaction() as db:
        found = service.get(db, current_viewer(), number)
        one = told.recipe(found, service.layer_of(db, found))
    return render_template("planning/recipe.html", one=one, steps=declared.schema(), titles=STEPS)
