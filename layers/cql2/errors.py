"""What can be wrong with a filter."""

from __future__ import annotations

from gis.errors import InvalidInput


class FilterWrong(InvalidInput):
    """The filter can't be read, or names what the layer does not have."""

    code = "layers.filter"

    def __init__(self, message: str, **places: object) -> None:
        super().__init__(message, field="filter", **places)
