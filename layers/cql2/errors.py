"""What can be wrong with a filter."""

from __future__ import annotations

from gis.errors import InvalidInput


class FilterWrong(InvalidInput):
    """The filter can't be read, or names what the layer does not have."""

    code = "layers.filter"


def wrong(template: str, **places: object) -> FilterWrong:
    """A FilterWrong that names the argument."""
    return FilterWrong(template, field="filter", **places)
