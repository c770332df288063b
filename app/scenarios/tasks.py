"""What the worker does for scenarios."""

from __future__ import annotations

from typing import cast

from app.accounts import service as accounts
from app.accounts.rights import RIGHTS
from app.jobs.queue import QUEUE
from app.scenarios.runs import carry_out, end_badly
from app.settings import read_settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction
from gis.errors import CityError
from grid.reach import whole_city


@QUEUE.task(name="scenarios.run")
def run_scenario(run: int, account: int | None) -> None:
    """Work a run out with the rights that its owner has now."""
    registry = cast(Assembly, create_app(read_settings()).extensions["city"]).layers
    try:
        with transaction() as db:
            viewer = whole_city(RIGHTS, "plan") if account is None else accounts.viewer_of(accounts.get(db, account))
    except CityError as error:
        return end_badly(run, error)
    return carry_out(registry, viewer, run)
