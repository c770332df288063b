"""Why areas can't be redrawn as given: one class, a stable code for each reason."""

from __future__ import annotations

from typing import Final

from gis.errors import InvalidInput

REASONS: Final = {
    "areas.unknown_level": "The city has no level of areas named {level}.",
    "areas.none_given": "No area was given.",
    "areas.bad_code": "The code {area} is not one that an area of this city and level can have.",
    "areas.code_twice": "The code {area} stands twice.",
    "areas.code_taken": "The code {area} is taken by another area: say which code the area {old} shall have.",
    "areas.no_name": "The area {area} has no name.",
    "areas.bad_shape": "The shape of the area {area} can't be taken: {reason}",
    "areas.overlap": "The areas {area} and {other} overlap by {m2} m².",
    "areas.gap": "The area {area} would lose {m2} m² that no new area takes: give all areas whose borders change.",
    "areas.outside": "The area {area} takes {m2} m² that no area of this level holds.",
    "areas.unknown_parent": "The area {area} lies in {parent}, which is not there.",
    "areas.outside_parent": "{m2} m² of the area {area} lie in another area than {parent} until now.",
    "areas.cuts_child": "The new borders cut {m2} m² off the area {area}: redraw that level first.",
    "areas.too_early": "The area {area} holds since {since}: it can't end before.",
    "areas.future": "Areas are redrawn from a day that has come, not from {on}.",
}


class RedrawRefused(InvalidInput):
    """Areas can't be redrawn so: `code` is one of `REASONS`, `places` name the area and how many m² are at fault."""

    code = "areas.refused"


def refusal(code: str, **places: object) -> RedrawRefused:
    """The error of a reason."""
    made = RedrawRefused(REASONS[code], field="areas", **places)
    made.code = code
    return made
