from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, box
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.launch import vendor
from app.settings import PROJECT
from gis.errors import InvalidInput, Unavailable
from grid.models import Address, Area
from layers import folium_data, folium_map
from layers.counts import counts
from layers.filters import NOTHING, read_filter
from layers.folium_data import outlines, squares
from layers.folium_map import Order, thematic_map
from layers.layer import Layer
from layers.self_contained import OUTSIDE, self_contained
from layers.tile_counts import Square, coarser
from layers.units import read_division
from tests import make
from tests.layers.test_counts import A1, peopled
from tests.layers.things import EVERYBODY, LAMPS, LODGERS, SOUTH_STREET, lamp

AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
VENDOR = PROJECT / "static" / "vendor"
SPOT = (121.4512, 31.2312)


@pytest.fixture(scope="module", autouse=True)
def _libraries() -> None:
    vendor.install()


def made(db: Session, layer: Layer = LAMPS, order: Order | None = None, **given: object) -> str:
    web = Flask("thematic")
    Babel(web)
    with web.app_context(), force_locale("en"):
        return thematic_map(db, layer, EVERYBODY, order or Order(lang="en"), VENDOR, at=AT, **given)  # type: ignore[arg-type]


def cells(page: str) -> list[list[str]]:
    """The legend's rows: label, count."""
    return [re.findall(r"<td>([^<]*)</td>", row) for row in re.findall(r"<tr><td><svg.*?</tr>", page, re.DOTALL)]


def test_the_file_asks_for_nothing_outside(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    for layer in (LAMPS, LODGERS):
        page = made(db, layer)
        assert not OUTSIDE.search(page)
        assert not re.search(r"<link|@import|<script[^>]+src", page.replace("createElement", ""))
        assert "L.version" in page or "leaflet" in page.lower()


def test_title_legend_and_data_time_are_told_with_counts(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    page = made(db, order=Order(by="cell", rate="count", classes=2, lang="en", title="Lamps & <lanterns>"))
    assert "<h1>Lamps &amp; &lt;lanterns&gt;</h1>" in page
    assert "11 rows · 4 units · as of 2026-03-01 14:05 (UTC)" in page
    assert cells(page)[:3] == [["1 – 3", "2"], ["4 – 7", "1"], ["none", "1"]]
    assert "Plain counts" in page


def test_few_rows_are_points_in_their_own_colours(db: Session) -> None:
    place = peopled(db, a1=2, a2=0, b1=0, b2=1)[A1]
    lamp(db, place, *SPOT, text_en="<img src=x onerror=alert(1)>")
    page = made(db)
    assert ["Door", "4"] in cells(page)
    assert "<img src=x" not in page
    assert "circleMarker" in page or "CircleMarker" in page


def test_many_rows_are_circles_whose_numbers_add_up(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    peopled(db, a1=30, a2=20, b1=0, b2=7)
    monkeypatch.setattr(folium_map, "ROWS_MAX", 50)
    assert cells(made(db))[-1] == ["circle: rows nearby, they add up", "57"]
    assert sum(count for *_, count in squares(db, LAMPS, EVERYBODY, NOTHING)) == 57
    monkeypatch.setattr(folium_data, "SQUARES_MAX", 2)
    merged = squares(db, LAMPS, EVERYBODY, NOTHING)
    assert len(merged) <= 2
    assert sum(count for *_, count in merged) == 57


def test_squares_of_the_next_zoom_are_the_sums_of_four() -> None:
    parts = [Square(6, 8, 1, 6.5, 8.5), Square(7, 9, 3, 7.5, 9.5), Square(8, 8, 5, 8.1, 8.2)]
    [first, second] = sorted(coarser(parts), key=lambda one: one.across)
    assert (first.across, first.down, first.count) == (3, 4, 4)
    assert first.mean_across == pytest.approx((6.5 + 3 * 7.5) / 4 / 2)
    assert (second.across, second.down, second.count) == (4, 4, 5)


def test_people_are_held_back_with_hatching_and_never_drawn_as_rows(db: Session) -> None:
    place = peopled(db, a1=2, a2=30, b1=10, b2=12)[A1]
    lamp(db, place, *SPOT, text_en="Greta Lovisa", number="77")
    page = made(db, LODGERS, Order(by="cell", lang="en"))
    assert ["held back or not known", "2"] in cells(page)
    assert "Numbers of fewer than 5 people are held back." in page
    assert "Greta" not in page
    assert str(SPOT[0]) not in page


def test_a_viewer_of_one_street_gets_a_map_of_that_street(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    web = Flask("thematic")
    Babel(web)
    with web.app_context(), force_locale("en"):
        page = thematic_map(db, LAMPS, SOUTH_STREET, Order(by="cell", lang="en"), VENDOR, at=AT)
    assert "4 rows · 2 units" in page
    assert "310199001002" not in page


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7777777}}",
        "{% for x in [1, 2] %}54444439{% endfor %}",
        "{# 54444439 #}",
        "{{",
        "{%",
        "see url(//a.example)",
    ],
)
def test_no_text_is_read_as_a_template_or_as_an_address_to_fetch(db: Session, text: str) -> None:
    place = peopled(db, a1=2, a2=0, b1=0, b2=1)[A1]
    place.responsible_body = text
    lamp(db, place, *SPOT, number=text)
    db.execute(update(Area).values(name_zh=text, name_en=text))
    db.execute(update(Address).values(text_zh=text, text_en=text))
    for by in ("area", "cell"):
        page = made(db, order=Order(by=by, lang="en", title=f"Map {text}"), chosen=read_filter(LAMPS, {"q": text[:9]}))  # type: ignore[arg-type]
        assert f"<h1>Map {text}</h1>" in page
        plain = page.replace(text, "")
        assert "54444439" not in plain
        assert page.count(text) > 3  # as title, in the filter's words, as names and facts
    assert not re.search("[\ue02f\ue07b]|ue02f|ue07b", page)


def test_a_filter_is_told(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    page = made(db, chosen=read_filter(LAMPS, {"f.kind": "door", "from": "2023-01-01", "area": "310199001001"}))
    assert "Only: Kind: Door; from 2023-01-01 00:00; area 310199001001" in page


def test_an_empty_layer_and_an_empty_city_still_give_a_map(db: Session) -> None:
    make.city(db)
    page = made(db)
    assert "0 rows · 2 units" in page
    assert ["none", "2"] in cells(page)


def test_too_many_outlines_are_refused_with_what_to_do(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    make.city(db)
    monkeypatch.setattr(folium_data, "VERTICES_MAX", 5)
    with pytest.raises(InvalidInput) as refused:
        made(db, order=Order(by="cell", lang="en"))
    assert refused.value.field == "by"


def test_outlines_are_whole_steps_that_lead_round_the_shape(db: Session) -> None:
    make.city(db)
    odd = MultiPolygon(
        [box(121.5, 31.2, 121.6, 31.3) - box(121.52, 31.22, 121.54, 31.24), box(121.7, 31.2, 121.70001, 31.2)]
    )
    area = db.query(Area).filter_by(code="310199001001").one()
    area.geom = from_shape(odd, srid=4326)
    db.flush()
    found = counts(db, LAMPS, EVERYBODY, read_division(db, "area", None), with_geometry=True)
    [outer, hole] = outlines(list(found.items)).shapes[0][0]
    lon, lat = outer[0], outer[1]
    assert (lon / 100_000, lat / 100_000) in {(x, y) for x in (121.5, 121.6) for y in (31.2, 31.3)}
    assert len(hole) == 8


def test_unknown_libraries_and_outside_addresses_are_refused(tmp_path: Path) -> None:
    (tmp_path / "known.min.js").write_text("let a = '</script>';\n//# sourceMappingURL=known.js.map\n")
    (tmp_path / "dot.png").write_bytes(b"png")
    (tmp_path / "known.css").write_text(".a { background: url(dot.png#x) } .b { fill: url(#hatch) }")
    page = '<script src="https://cdn.example/known.js"></script><link rel="stylesheet" href="https://cdn.example/known.css"/>'
    whole = self_contained(page, tmp_path)
    assert "sourceMappingURL" not in whole
    assert whole.count("</script>") == 1
    assert "url(data:image/png;base64,cG5n)" in whole
    assert "url(#hatch)" in whole
    for wrong in (
        '<script src="https://cdn.example/other.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example/other.css">',
        '<img src="//cdn.example/a.png">',
        "<style>@import 'https://cdn.example/a.css';</style>",
        "<style>a { background: url(https://cdn.example/a.png) }</style>",
    ):
        with pytest.raises(Unavailable):
            self_contained(wrong, tmp_path)
    (tmp_path / "known.css").write_text(".a { background: url(gone.png) }")
    with pytest.raises(Unavailable):
        self_contained(page, tmp_path)
