"""Printed sheets, read back: words, numbers, colours, rights."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.printing import beside, reading, service, thematic
from app.printing.models import KeptView, PrintJob
from grid.models import UnitCell
from tests import make, make_accounts
from tests.app.printing.conftest import ON_NORTH, ON_SOUTH, Printed, folder, work
from tests.layers.things import LAMPS, lamps, plot

MIDDLE = [make.WEST + make.SIDE, make.SOUTH + make.SIDE]


def words(pdf: PdfReader, page: int = 0) -> str:
    """The text of a page; pypdf leaves the empty half of two-byte codes in it."""
    return " ".join(pdf.pages[page].extract_text().replace("\x00", "").split())


def drawing(pdf: PdfReader, page: int = 0) -> str:
    return pdf.pages[page].get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]


def fill_of(colour: str) -> str:
    return "{:.3f} {:.3f} {:.3f} rg".format(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def test_a_sheet_tells_everything_that_a_map_has_to_tell(
    planner: FlaskClient, lit: None, printed: Printed, db: Session
) -> None:
    pdf = printed(planner, title="Lamps of the city", subtitle="For the council", scale=5000, center=MIDDLE)
    text = words(pdf)
    assert len(pdf.pages) == 1
    for told in ("Lamps of the city", "For the council", "1 : 5,000", "CGCS2000 / 3-degree Gauss-Kruger CM 120E",
                 "EPSG:4549", "True north lies 0.7", "west", "Data as of", "Lamps: state", "printed by Li Hua",
                 "14 of 14 rows lie on this sheet", "Door 12", "House 2", "Scan to open", "1 / 1"):  # fmt: skip
        assert told in text, told
    code = db.query(KeptView).one().code
    assert code in text.replace(" ", "")
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Lamps of the city"
    assert f"/v/{code}" in str(pdf.metadata.subject)


def test_paper_and_orientation_are_as_asked(planner: FlaskClient, lit: None, printed: Printed) -> None:
    for paper, turn, width, height in (("A4", "landscape", 297, 210), ("A3", "portrait", 297, 420)):
        box = printed(planner, paper=paper, orientation=turn).pages[0].mediabox
        assert float(box.width) / 72 * 25.4 == pytest.approx(width, abs=0.1)
        assert float(box.height) / 72 * 25.4 == pytest.approx(height, abs=0.1)


def test_a_sheet_in_chinese_has_its_characters_as_text_in_an_embedded_font(
    planner: FlaskClient, lit: None, printed: Printed
) -> None:
    pdf = printed(planner, lang="zh", title="路灯分布图")
    text = words(pdf)
    for told in ("路灯分布图", "数据时间", "试验城", "扫码重新打开此图"):
        assert told in text
    fonts = pdf.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    [font] = [one.get_object() for one in fonts.values()]
    kid = font["/DescendantFonts"][0].get_object()
    assert "/FontFile3" in kid["/FontDescriptor"] or "/FontFile2" in kid["/FontDescriptor"]


def test_the_colours_are_those_of_the_legend(planner: FlaskClient, lit: None, printed: Printed) -> None:
    drawn = drawing(printed(planner, scale=5000, center=MIDDLE))
    for colour in LAMPS.style.colours.values():
        assert drawn.count(fill_of(colour)) == 2  # once on the map, once in the legend


def test_only_the_rows_in_the_frame_are_told_as_lying_there(planner: FlaskClient, lit: None, printed: Printed) -> None:
    text = words(printed(planner, scale=500, center=[121.4503, 31.2305]))
    assert "3 of 14 rows lie on this sheet" in text


def test_too_many_rows_become_circles_that_add_up_to_all(
    planner: FlaskClient, lit: None, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thematic, "POINTS_MAX", 5)
    found: list[int] = []
    spots_in = reading.spots_in

    def noted(*args: object) -> list[reading.Spot]:
        made = spots_in(*args)  # type: ignore[arg-type]
        found.extend(one.count for one in made)
        return made

    monkeypatch.setattr(thematic, "spots_in", noted)
    text = words(printed(planner, scale=5000, center=MIDDLE))
    assert sum(found) == 14
    assert "14 of 14 rows lie on this sheet" in text
    assert "too many to be drawn one by one" in text
    for count in found:
        assert str(count) in text


def test_a_print_shows_what_its_owner_may_see_and_no_more(south: FlaskClient, lit: None, printed: Printed) -> None:
    text = words(printed(south, scale=5000, center=MIDDLE))
    assert "5 of 5 rows lie on this sheet" in text
    assert "Door 3" in text


def test_people_are_counts_and_small_ones_are_held_back(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell], printed: Printed
) -> None:
    lamps(db, cells[ON_SOUTH], [(121.4502, 31.2305)] * 3)
    lamps(db, cells[ON_NORTH], [(121.4502, 31.2325)] * 9)
    pdf = printed(planner, query="on=lodgers", scale=5000, center=MIDDLE)
    text = words(pdf)
    assert "rows lie on this sheet" not in text
    assert "Lodgers: state" not in text  # a checksum would tell that somebody came or went
    assert "fewer than 5, or held back to protect them" in text


def test_a_layer_that_is_not_the_readers_is_named_and_not_drawn(
    web: Flask, db: Session, cells: dict[str, UnitCell], printed: Printed
) -> None:
    client = make_accounts.client_as(web, make_accounts.account(db, role="inspector"))
    text = words(printed(client, query="on=lamps,nowhere"))
    assert "Not for you to see, or gone: nowhere" in text


def test_areas_and_filters_are_drawn_and_told(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell], printed: Printed
) -> None:
    plot(db, cells[ON_SOUTH], 121.4505, 31.2305, 0.0005, floors=3, use="home")
    plot(db, cells[ON_SOUTH], 121.4512, 31.2305, 0.0005, floors=9, use="home")
    text = words(printed(planner, query="on=plots&f.plots.floors=1..5", scale=5000, center=MIDDLE))
    assert "1 of 1 rows lie on this sheet" in text
    assert "Only: Floors" in text


def test_the_code_opens_the_same_view_for_each_with_their_own_rows(
    planner: FlaskClient, south: FlaskClient, client: FlaskClient, lit: None
) -> None:
    made = planner.post("/api/v1/views", json={"query": "on=lamps&z=15&c=121.45,31.23&f.lamps.kind=door"}).json
    again = planner.post("/api/v1/views", json={"query": "on=lamps&z=15&c=121.45,31.23&f.lamps.kind=door"}).json
    assert made["code"] == again["code"]
    for reader in (planner, south):
        answer = reader.get(f"/v/{made['code']}")
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("/map?on=lamps&z=15&c=121.45,31.23&f.lamps.kind=door")
    assert client.get(f"/v/{made['code']}", headers={"Accept": "application/json"}).status_code == 401
    assert planner.get("/v/nosuchcode", headers={"Accept": "application/json"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scale": 1234}, "scale"), ({"center": [200, 31], "scale": 500}, "center"), ({"box": [2, 1, 1, 2]}, "box"),
        ({"query": "on=lamps&f.lamps.nothing=1"}, "f.nothing"), ({"atlas": {"by": "area", "level": "galaxy"}}, "level"),
        ({"box": [100, 20, 125, 40]}, "scale"), ({"paper": "A7"}, "paper"), ({"title": "x" * 200}, "title"),
    ],
)  # fmt: skip
def test_what_cant_be_printed_is_told_at_once(planner: FlaskClient, wrong: dict[str, object], field: str) -> None:
    answer = planner.post("/api/v1/prints", json={"query": "on=lamps"} | wrong)
    assert answer.status_code == 422
    assert field in answer.json["field"]


def test_a_repeated_request_prints_once(planner: FlaskClient, db: Session, lit: None) -> None:
    for _ in range(2):
        assert (
            planner.post("/api/v1/prints", json={"query": "on=lamps"}, headers={"Idempotency-Key": "a"}).status_code
            == 202
        )
    assert db.query(PrintJob).count() == 1


def test_prints_are_their_owners_alone_and_can_be_stopped_and_taken_away(
    web: Flask, planner: FlaskClient, south: FlaskClient, db: Session, lit: None
) -> None:
    key = planner.post("/api/v1/prints", json={"query": "on=lamps"}).json["key"]
    for answer in (south.get(f"/api/v1/prints/{key}"), south.post(f"/api/v1/prints/{key}/cancel"),
                   south.delete(f"/api/v1/prints/{key}"),
                   south.get(f"/prints/{key}.pdf", headers={"Accept": "application/json"})):  # fmt: skip
        assert answer.status_code == 404
    assert planner.get(f"/prints/{key}.pdf", headers={"Accept": "application/json"}).status_code == 404
    assert planner.post(f"/api/v1/prints/{key}/cancel").json["state"] == "cancelled"
    assert planner.post(f"/api/v1/prints/{key}/cancel").status_code == 409
    assert work(web, db, folder(web)).state == "cancelled"  # the worker leaves it alone
    assert planner.delete(f"/api/v1/prints/{key}").status_code == 204
    assert planner.get("/api/v1/prints").json["items"] == []


def test_no_more_than_a_few_prints_are_under_way_for_one_account(planner: FlaskClient, lit: None) -> None:
    for _ in range(service.OPEN_MAX):
        assert planner.post("/api/v1/prints", json={"query": "on=lamps"}).status_code == 202
    refused = planner.post("/api/v1/prints", json={"query": "on=lamps"})
    assert refused.status_code == 409
    assert refused.json["code"] == "printing.too_many"


def test_files_are_removed_after_some_days(
    web: Flask, planner: FlaskClient, db: Session, lit: None, printed: Printed
) -> None:
    printed(planner)
    [item] = planner.get("/api/v1/prints").json["items"]
    file = folder(web) / f"{item['key']}.pdf"
    now = datetime.now(UTC)
    assert service.tidy(db, folder(web), now + timedelta(days=6)) == 0
    assert file.exists()
    assert service.tidy(db, folder(web), now + timedelta(days=8)) == 1
    assert not file.exists()
    assert planner.get("/api/v1/prints").json["items"] == []


def test_the_page_of_prints_lists_them(planner: FlaskClient, lit: None, printed: Printed) -> None:
    printed(planner, title="Lamps <b>")
    page = planner.get("/shares").text
    assert "Lamps &lt;b&gt;" in page
    assert re.search(r'data-going="[^"]+done', page)


def test_the_frame_on_the_map_is_the_sheets(planner: FlaskClient) -> None:
    told = planner.get(f"/api/v1/prints/frame?scale=2000&center={MIDDLE[0]},{MIDDLE[1]}").json
    lons = [at[0] for at in told["outline"]["coordinates"][0]]
    wide_m = 210 * 2000 / 1000  # the map of an A4 sheet is some 205 mm wide
    assert (max(lons) - min(lons)) * 95_200 == pytest.approx(wide_m, rel=0.06)
    assert told["epsg"] == 4549
    assert planner.get("/api/v1/prints/frame?scale=7").status_code == 422
    assert planner.get("/api/v1/prints/pages?by=cell").json == {"pages": 4}


def graduated(client: FlaskClient, **declared: object) -> int:
    """A kept style of the lamps."""
    given = {"layer": "lamps", "title": "By street", "declared": {"kind": "graduated", "over": "area"} | declared}
    answer = client.post("/api/v1/styles", json=given)
    assert answer.status_code == 201, answer.text
    made: int = answer.json["id"]
    return made


def test_a_choropleth_on_paper_has_the_classes_and_colours_of_the_screen(
    planner: FlaskClient, lit: None, printed: Printed
) -> None:
    style = graduated(planner, level="community", rate="count", scheme="user_defined", breaks=[6, 9], ramp="YlGnBu")
    told = planner.get(f"/api/v1/layers/lamps/legend?style={style}").json
    pdf = printed(planner, query=f"on=lamps&st.lamps={style}", scale=5000, center=MIDDLE)
    text, drawn = words(pdf), drawing(pdf)
    assert "By street" in text
    for item in told["items"]:
        assert f"{item['label']} {item['count']}" in text
        shapes = 2 if item["count"] else 1  # in the legend, and on the map where there is an area of that class
        assert drawn.count(fill_of(item["colour"])) == shapes, item
    assert "14 of 14 rows lie on this sheet" in text


def test_a_style_that_is_anothers_is_told_and_the_usual_look_drawn(
    planner: FlaskClient, south: FlaskClient, lit: None, printed: Printed
) -> None:
    style = graduated(planner, level="community", rate="count")
    text = words(printed(south, query=f"on=lamps&st.lamps={style}", scale=5000, center=MIDDLE))
    assert "is not there, or not for you to see" in text
    assert "By street" not in text
    assert "5 of 5 rows lie on this sheet" in text


def test_heat_is_hexagons_on_paper_and_says_so(planner: FlaskClient, lit: None, printed: Printed) -> None:
    given = {"layer": "lamps", "title": "Heat", "declared": {"kind": "heat", "side_m": 100}}
    style = planner.post("/api/v1/styles", json=given).json["id"]
    text = words(printed(planner, query=f"on=lamps&st.lamps={style}", scale=5000, center=MIDDLE))
    assert "heat is drawn as hexagons on paper" in text
    assert "14 of 14 rows lie on this sheet" in text


def test_two_numbers_at_once_have_their_square_in_the_legend(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell], printed: Printed
) -> None:
    for n in range(4):
        plot(db, cells[ON_SOUTH], 121.4502 + n * 0.0004, 31.2305, 0.0002 + n * 0.00004, floors=1 + n, use="home")
    declared = {"kind": "bivariate", "field": "floors", "second": "floors", "second_per": "area", "ramp": "BluePink"}
    answer = planner.post("/api/v1/styles", json={"layer": "plots", "title": "Two", "declared": declared})
    assert answer.status_code == 201, answer.text
    pdf = printed(planner, query=f"on=plots&st.plots={answer.json['id']}", scale=5000, center=MIDDLE)
    assert "4 of 4 rows lie on this sheet" in words(pdf)
    nine = ("#e8e8e8", "#ace4e4", "#5ac8c8", "#dfb0d6", "#a5add3", "#5698b9", "#be64ac", "#8c62aa", "#3b4994")
    assert all(fill_of(one) in drawing(pdf) for one in nine)


def test_a_long_legend_goes_on_on_a_last_page(
    planner: FlaskClient, lit: None, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"k{n}": f"Kind {n}" for n in range(60)}
    layers = planner.application.extensions["city"].layers
    style = replace(LAMPS.style, colours=dict.fromkeys(many, "#123456"))
    fields = (replace(LAMPS.fields[0], choices=LAMPS.fields[0].choices | many), *LAMPS.fields[1:])  # type: ignore[operator]
    monkeypatch.setitem(layers._layers, "lamps", replace(LAMPS, style=style, fields=fields))
    monkeypatch.setattr(beside, "LONG", 1000)
    pdf = printed(planner, scale=5000, center=MIDDLE)
    assert len(pdf.pages) == 2
    assert "continued on the last page" in words(pdf)
    told = words(pdf) + words(pdf, 1)
    for title in many.values():
        assert f"{title} 0" in told
    assert "2 / 2" in words(pdf, 1)


def test_a_past_moment_is_the_time_of_the_data_and_what_keeps_no_past_is_named(
    planner: FlaskClient, lit: None, printed: Printed
) -> None:
    text = words(printed(planner, query="on=lamps&datetime=2026-02-01T08:00:00Z", scale=5000, center=MIDDLE))
    assert "Data as of 2026-02-01 16:00:00 (CST)" in text
    assert "Lamps keeps no history: it is shown as it is now." in text
