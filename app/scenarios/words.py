"""Words of scenarios: measures, changes, inputs, states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask_babel import lazy_gettext as _l

from layers.layer import Words

Kind = Literal["area", "length", "count", "cost", "share"]


@dataclass(frozen=True)
class Measure:
    """What a figure is called, how it is written, and which way is better (None: neither)."""

    title: Words
    kind: Kind
    better: Literal["more", "less"] | None = None


MEASURES: dict[str, Measure] = {
    "area_m2": Measure(_l("Area within reach"), "area", "more"),
    "ways_m": Measure(_l("Ways within reach"), "length", "more"),
    "addresses_within": Measure(_l("Addresses within reach"), "count", "more"),
    "addresses_beyond": Measure(_l("Addresses beyond"), "count", "less"),
    "addresses_no_way": Measure(_l("Addresses that no way leads to"), "count", "less"),
    "mean_cost": Measure(_l("Mean way from an address to the nearest"), "cost", "less"),
    "residents_within": Measure(_l("Residents within reach"), "count", "more"),
    "residents_beyond": Measure(_l("Residents beyond"), "count", "less"),
    "cases_max": Measure(_l("Most cases in a duty cell"), "count", "less"),
    "cases_gini": Measure(_l("Spread of cases over duty cells (Gini)"), "share", "less"),
    "cases_max_to_mean": Measure(_l("Most cases to the mean"), "share", "less"),
    "residents_max": Measure(_l("Most residents in a duty cell"), "count", "less"),
    "residents_gini": Measure(_l("Spread of residents over duty cells (Gini)"), "share", "less"),
    "residents_max_to_mean": Measure(_l("Most residents to the mean"), "share", "less"),
}
INPUTS: dict[str, Words] = {
    "scenario": _l("the scenario itself"),
    "settings": _l("settings"),
    "reach": _l("reach"),
    "facilities": _l("facilities"),
    "addresses": _l("addresses"),
    "residents": _l("residents"),
    "cases": _l("cases"),
    "roads": _l("roads"),
    "duty_cells": _l("duty cells"),
}
STATES: dict[str, Words] = {
    "waiting": _l("waiting"),
    "running": _l("under way"),
    "done": _l("done"),
    "failed": _l("failed"),
    "cancelled": _l("stopped"),
}
STEPS: dict[str, Words] = {
    "reading": _l("Reading the registers"),
    "before": _l("Reach as it is"),
    "after": _l("Reach with the changes"),
    "loads": _l("Load of the duty cells"),
}
