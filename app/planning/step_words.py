"""Words of recipes' steps and their fields, for who fills them in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from layers.layer import Words

STEPS: dict[str, Words] = {
    "buffer": _l("Buffer"), "clip": _l("Clip"), "intersect": _l("Intersect"), "union": _l("Union"),
    "difference": _l("Difference of shapes"), "symmetric_difference": _l("What only one covers"),
    "dissolve": _l("Dissolve"), "join": _l("Join by place"), "nearest": _l("Nearest"), "count": _l("Count in areas"),
    "interpolate": _l("Share out by area"), "grid": _l("Grid of cells"), "pick": _l("Pick rows"),
    "measure": _l("New number"), "hotspot": _l("Hot spots"), "density": _l("Density"),
    "service_areas": _l("Service areas by road"), "reach": _l("Cost by road"), "locate": _l("Best sites"),
}  # fmt: skip
FIELDS: dict[str, Words] = {
    "as": _l("Name of the result"), "of": _l("Of"), "with": _l("With"), "on": _l("On these areas"),
    "metres": _l("Metres"), "segments": _l("Corners to a quarter circle"), "merge": _l("As one area"),
    "by": _l("By"), "tally": _l("Figures over the rows"), "how": _l("How"), "keep_all": _l("Keep rows that meet none"),
    "k": _l("How many"), "within_m": _l("Within metres"), "count_as": _l("Name of the count"),
    "sums": _l("Fields to share out"), "means": _l("Fields to average"), "shape": _l("Shape"),
    "side_m": _l("Side in metres"), "field": _l("Field"), "value": _l("Value"), "keep": _l("Keep only these fields"),
    "what": _l("What"), "into": _l("Name of the new field"), "times": _l("Times"),
    "bandwidth_m": _l("Bandwidth in metres"), "cell_m": _l("Square in metres"), "kernel": _l("Kernel"),
    "roads": _l("Roads"), "closed": _l("Closed where these lie"), "going": _l("Going"), "unit": _l("Unit"),
    "kmh": _l("Speed in km/h"), "joins_m": _l("Joins a road within metres"),
    "kind_field": _l("Field of the road's kind"),
    "oneway_field": _l("Field of one-way roads"), "limits": _l("Reach limits"), "split": _l("Split"),
    "towards": _l("Towards the places"), "rings": _l("As rings"), "beside_m": _l("Metres beside the road"),
    "within": _l("Within"), "fixed": _l("Sites that stay"), "weight": _l("Field of the weight"), "along": _l("Along"),
}  # fmt: skip
