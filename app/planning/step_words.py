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
STEP_HELP: dict[str, Words] = {
    "buffer": _l("Everything within some metres; negative metres: what lies farther than that inside the outline."),
    "clip": _l("The parts of the first layer that lie on the second, with the properties of the first."),
    "intersect": _l("The common parts of each pair, with the properties of both."),
    "union": _l("Common parts, and what only one of both covers."),
    "difference": _l("The parts of the first layer that do not lie on the second."),
    "symmetric_difference": _l("What only one of both layers covers."),
    "dissolve": _l("Rows of equal values become one, with their number."),
    "join": _l(
        "Each row of the first layer with each row of the second that it lies to as chosen; shapes of the first."
    ),
    "nearest": _l("Each row of the first layer with the nearest rows of the second, and the metres to them."),
    "count": _l("Areas with the number of features in them; a point on a border counts in both areas."),
    "interpolate": _l(
        "Figures of the second layer shared out to the areas of the first by the area that they have in common."
    ),
    "grid": _l("Hexagons or squares with the number of features whose middle lies in each."),
    "pick": _l("The rows whose field stands to a value as chosen."),
    "measure": _l("The rows with a new number: area or length of the shape, or one field divided by another."),
    "hotspot": _l("Areas whose figure, with that of their neighbours, is higher or lower than chance makes it (Gi*)."),
    "density": _l("Squares with the density of features around each, in features for a square kilometre."),
    "service_areas": _l("What lies within some limits of places by road."),
    "reach": _l("Each row with its cost by road to the nearest place; empty where no way leads there."),
    "locate": _l("The sites that bring people or weights nearest on the whole (p-median); sites may stay fixed."),
}
# by field, or by step and field where the same name means something else
FIELD_HELP: dict[str, Words] = {
    "of": _l("Layer id, or name of an earlier step"),
    "with": _l("Layer id, or name of an earlier step"),
    "segments": _l("More corners make rounder corners of the buffer"),
    "keep_all": _l("Rows that meet none stay, with empty properties"),
    "grid.on": _l("All cells with their middle on these areas, empty ones too"),
    "hotspot.within_m": _l("Neighbours by their middles; without it areas that touch"),
    "density.field": _l("How much each feature counts; without it 1"),
    "density.on": _l("Only squares with their middle on these areas"),
    "closed": _l("What these meet is closed; a point closes the way there"),
    "kmh": _l("On all ways alike; without it by the kind of road"),
    "joins_m": _l("What lies farther from a way than this joins none"),
    "towards": _l("To the places, not from them: one-way streets differ"),
    "rings": _l("Each area without the ones inside it; for merged areas only"),
}
CHOICES: dict[str, Words] = {
    "intersects": _l("meets"),
    "contains": _l("contains"),
    "within": _l("lies within"),
    "covers": _l("covers"),
    "covered_by": _l("is covered by"),
    "touches": _l("touches"),
    "crosses": _l("crosses"),
    "overlaps": _l("overlaps"),
    "equals": _l("is the same as"),
    "dwithin": _l("lies within metres"),
    "sum": _l("sum"),
    "mean": _l("mean"),
    "min": _l("least"),
    "max": _l("most"),
    "hexagon": _l("hexagons"),
    "square": _l("squares"),
    "=": _l("is"),
    "!=": _l("is not"),
    "<": _l("less than"),
    "<=": _l("at most"),
    ">": _l("more than"),
    ">=": _l("at least"),
    "in": _l("one of"),
    "empty": _l("is empty"),
    "filled": _l("is filled"),
    "area_m2": _l("area in m²"),
    "length_m": _l("length in m"),
    "ratio": _l("one field by another"),
    "quartic": _l("quartic"),
    "epanechnikov": _l("Epanechnikov"),
    "gaussian": _l("Gaussian"),
    "foot": _l("on foot"),
    "vehicle": _l("by vehicle"),
    "m": _l("metres"),
    "merged": _l("all places together"),
    "nearest": _l("what is nearest to each"),
    "each": _l("each place by itself"),
    "road": _l("by road"),
    "straight": _l("in a straight line"),
}
MINUTES: Words = _l("minutes")  # a unit; the same letters are the least of some numbers elsewhere
