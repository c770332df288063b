"""The map's address read on the server means what it means in the browser (`tests/browser` has the browser's side)."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from app.printing.view import clean, fixed, read_view
from gis.errors import InvalidInput
from tests.layers.things import LAMPS, LODGERS, PLOTS

NOW = datetime(2026, 3, 8, 12, 30, 45, tzinfo=UTC)


def test_an_address_is_read_as_the_map_reads_it() -> None:
    view = read_view(clean("/map?c=121.45,31.23&z=15.5&on=lamps,plots&off=roads&o.plots=0.5&st.lamps=12&layer=lamps"
                           "&f.kind=door,building&f.plots.floors=3..6&area=310199001&q=old&sel=cases:3#x"))  # fmt: skip
    assert view.center == (121.45, 31.23)
    assert view.zoom == 15.5
    assert view.on == ("lamps", "plots")
    assert view.off == ("roads",)
    assert view.opacity == {"plots": 0.5}
    assert view.styles == {"lamps": 12}
    assert view.args(LAMPS, NOW) == {"f.kind": "door,building", "area": "310199001", "q": "old"}
    assert view.args(PLOTS, NOW) == {"f.floors": "3..6", "area": "310199001"}


def test_no_layer_on_is_something_else_than_none_told() -> None:
    assert read_view(clean("on=")).on == ()
    assert read_view(clean("")).on is None
    assert [one.id for one in read_view(clean("on=")).shown([LAMPS])] == []


def test_what_makes_no_sense_is_left_out() -> None:
    view = read_view(clean("c=400,31&z=99&o.lamps=7&st.lamps=x&when=yesterday"))
    assert view.center is None
    assert view.zoom is None
    assert view.opacity == {}
    assert view.styles == {}
    assert view.args(LAMPS, NOW) == {}


def test_a_relative_span_counts_back_from_the_full_minute_and_can_be_fixed() -> None:
    view = read_view(clean("when=7d"))
    assert view.args(LAMPS, NOW) == {"from": "2026-03-01T12:30:00+00:00"}
    assert view.args(PLOTS, NOW) == {}  # it has no time
    again = read_view(fixed(clean("when=7d&on=lamps"), NOW))
    later = datetime(2026, 5, 1, tzinfo=UTC)
    assert again.args(LAMPS, later) == {"from": "2026-03-01T12:30:00+00:00", "to": "2026-03-08T12:30:00+00:00"}
    assert again.on == ("lamps",)


def test_words_are_of_the_lists_layer_only() -> None:
    view = read_view(clean("layer=lodgers&q=old"))
    assert view.args(LODGERS, NOW) == {"q": "old"}
    assert view.args(LAMPS, NOW) == {}


@pytest.mark.parametrize("query", ["x" * 5000, "a=1\nb=2", "a=\x00"])
def test_what_is_no_address_is_refused(query: str) -> None:
    with pytest.raises(InvalidInput):
        clean(query)


def test_a_past_moment_is_asked_of_layers_that_keep_their_past_and_spans_count_back_from_it() -> None:
    view = read_view(clean("datetime=2026-02-01T08:00:30Z&when=24h"))
    assert view.as_of == datetime(2026, 2, 1, 8, 0, 30, tzinfo=UTC)
    assert view.args(LAMPS, NOW) == {"from": "2026-01-31T08:00:00+00:00"}
    remembered = SimpleNamespace(id="lamps", time_field=None, history=object())
    assert view.args(remembered, NOW) == {"datetime": "2026-02-01T08:00:30Z"}  # type: ignore[arg-type]
    again = read_view(fixed(clean("datetime=2026-02-01T08:00:30Z&when=24h"), NOW))
    assert again.args(LAMPS, NOW) == {"from": "2026-01-31T08:00:00+00:00", "to": "2026-02-01T08:00:00+00:00"}
    assert read_view(clean("datetime=yesterday")).as_of is None
