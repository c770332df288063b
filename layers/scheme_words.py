"""Classing schemes in the reader's words."""

from __future__ import annotations

from flask_babel import gettext as _


def scheme_words(scheme: str) -> str:
    """A classing scheme in the reader's words."""
    words: dict[str, str] = {
        "quantiles": _("equal numbers of units (quantiles)"), "fisher_jenks": _("natural breaks (Fisher-Jenks)"),
        "natural_breaks": _("natural breaks (Fisher-Jenks)"), "equal_interval": _("equal intervals"),
        "head_tail_breaks": _("head/tail breaks"), "box_plot": _("box plot"), "pretty": _("round numbers"),
        "user_defined": _("own breaks"),
    }  # fmt: skip
    return words[scheme]
