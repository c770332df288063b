"""The invented city: seamless, lawful in its numbers, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from shapely import Polygon
from stdnum.cn import ric

from app.cities import profile as profiles
from app.cities.invented import buildings, fabric, happenings, names, people, things
from app.cities.invented.contents import case_mix

OUTLINE = Polygon([(0, 0), (2600, -200), (3000, 1500), (1400, 1400), (1300, 2400), (0, 2200)])
PLACES = {"310199001": (600.0, 600.0), "310199002": (2200.0, 600.0), "310199003": (600.0, 1800.0)}
COMMUNITIES = {street: [f"{street}{n:03d}" for n in range(1, 6)] for street in PLACES}


@pytest.fixture(scope="module")
def woven() -> fabric.Fabric:
    return fabric.weave(OUTLINE, PLACES, COMMUNITIES, ["310199001", "310199002"], np.random.default_rng(7))


@pytest.fixture(scope="module")
def built(woven: fabric.Fabric) -> buildings.Buildings:
    return buildings.build_up(woven, woven.creek.buffer(20), np.random.default_rng(8))


def test_blocks_fill_the_outline_without_gap_or_overlap(woven: fabric.Fabric) -> None:
    blocks = np.array([block.shape for block in woven.blocks])
    assert shapely.coverage_is_valid(blocks)
    assert shapely.area(blocks).sum() == pytest.approx(OUTLINE.area, rel=1e-5)


def test_every_community_has_ground_and_is_one_piece(woven: fabric.Fabric) -> None:
    by_community: dict[str, list[Polygon]] = {}
    for block in woven.blocks:
        by_community.setdefault(block.community, []).append(block.shape)
    assert set(by_community) == {code for codes in COMMUNITIES.values() for code in codes}
    assert all(shapely.coverage_union_all(parts).geom_type == "Polygon" for parts in by_community.values())


def test_communities_of_a_street_are_of_like_size(woven: fabric.Fabric) -> None:
    sizes: dict[str, float] = {}
    for block in woven.blocks:
        if block.community.startswith("310199001"):
            sizes[block.community] = sizes.get(block.community, 0) + block.shape.area
    assert max(sizes.values()) < 1.1 * min(sizes.values())


def test_the_same_seed_weaves_the_same_city_and_another_a_different_one(woven: fabric.Fabric) -> None:
    again = fabric.weave(OUTLINE, PLACES, COMMUNITIES, ["310199001", "310199002"], np.random.default_rng(7))
    other = fabric.weave(OUTLINE, PLACES, COMMUNITIES, ["310199001", "310199002"], np.random.default_rng(8))
    assert [block.shape.wkb for block in again.blocks] == [block.shape.wkb for block in woven.blocks]
    assert [block.shape.wkb for block in other.blocks] != [block.shape.wkb for block in woven.blocks]


def test_buildings_stand_in_their_block_clear_of_water_and_of_each_other(
    woven: fabric.Fabric, built: buildings.Buildings
) -> None:
    assert len(built.shape) > 500
    assert not shapely.intersects(built.shape, woven.creek.buffer(20)).any()
    first, second = shapely.STRtree(built.shape).query(built.shape, predicate="overlaps")
    assert len(first) == len(second) == 0


def test_roads_cross_the_water_and_never_run_in_it(woven: fabric.Fabric) -> None:
    water = woven.creek.buffer(20)
    lines = np.array([stretch.line for stretch in fabric.dry(woven, water).stretches])
    wet_m = shapely.length(shapely.intersection(lines, water))
    assert 0 < (wet_m > 0).sum() < 40
    assert wet_m.max() < 60  # a bridge, aslant
    assert len(lines) < len(woven.stretches)


def test_cases_lie_by_the_roads(woven: fabric.Fabric) -> None:
    made = happenings.cases(
        woven, case_mix(profiles.read("jingan")), 3000, 90, datetime(2026, 3, 4, tzinfo=UTC), np.random.default_rng(16)
    )
    roads = shapely.STRtree([stretch.line for stretch in woven.stretches])
    _, away_m = roads.query_nearest(shapely.points(made.x, made.y), return_distance=True, all_matches=False)
    assert np.quantile(away_m, 0.99) < 12


def test_no_house_number_stands_twice_on_a_road_and_sides_have_their_own_parity(built: buildings.Buildings) -> None:
    pairs = set(zip(built.road.tolist(), built.number.tolist(), strict=True))
    assert len(pairs) == len(built.number)


def test_citizen_numbers_pass_the_check_digit_but_no_place_has_their_area(built: buildings.Buildings) -> None:
    _, residents = people.settle(built, 3000, date(2026, 1, 1), np.random.default_rng(9))
    assert len(set(residents.number)) == len(residents.number) == pytest.approx(3000, rel=0.05)
    assert {number[:3] for number in residents.number} <= {f"99{n}" for n in range(10)}  # no province of any scheme
    for number, sex, born in zip(residents.number[:300], residents.sex, residents.birth_on, strict=False):
        assert number.startswith("99")
        assert ric.calc_check_digit(number) == number[-1]
        assert int(number[16]) % 2 == (1 if sex == "1" else 0)
        assert number[6:14] == str(born).replace("-", "")


def test_no_child_lives_alone_and_ages_are_a_citys(built: buildings.Buildings) -> None:
    today = np.datetime64("2026-01-01")
    _, residents = people.settle(built, 6000, date(2026, 1, 1), np.random.default_rng(15))
    age = (today - residents.birth_on).astype(int) / 365.25
    oldest = np.zeros(residents.dwelling.max() + 1)
    np.maximum.at(oldest, residents.dwelling, age)
    assert oldest[np.unique(residents.dwelling)].min() >= 19.9
    assert (age < 15).mean() == pytest.approx(0.10, abs=0.02)
    assert (age >= 60).mean() == pytest.approx(0.32, abs=0.04)


def test_numbers_stay_distinct_for_a_million_people() -> None:
    births = np.full(1_000_000, np.datetime64("1980-01-01"))
    sex = np.full(1_000_000, "1", dtype=object)
    assert len(set(people.citizen_numbers(births, sex, np.random.default_rng(0)))) == 1_000_000


def test_cases_lie_in_the_city_within_ninety_days_and_most_are_closed(woven: fabric.Fabric) -> None:
    mix = case_mix(profiles.read("jingan"))
    until = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    made = happenings.cases(woven, mix, 4000, 90, until, np.random.default_rng(10))
    assert shapely.contains_xy(OUTLINE.buffer(10), made.x, made.y).all()
    assert made.reported_ago_s.min() > 0
    assert made.reported_ago_s.max() <= 90 * 86400
    shares = {status: (made.status == status).mean() for status in ("closed", "handling", "reported")}
    assert 0.8 < shares["closed"] < 0.97
    assert shares["handling"] > 0.01


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_no_day_stands_out_whatever_the_hour_of_loading(woven: fabric.Fabric, hour: int) -> None:
    until = datetime(2026, 3, 4, hour, 30, tzinfo=UTC)
    made = happenings.cases(woven, case_mix(profiles.read("jingan")), 30_000, 90, until, np.random.default_rng(12))
    days = np.floor((made.reported_ago_s - hour * 3600 - 1800) / 86400).astype(int) + 1  # 0 is today
    counts = np.bincount(days, minlength=91)
    whole = counts[1:90]
    assert whole.max() < 1.6 * np.median(whole)
    assert whole.min() > 0.5 * np.median(whole)
    assert counts[0] < whole.max()


def test_cases_have_the_hours_of_their_kind_and_the_days_of_a_week(woven: fabric.Fabric) -> None:
    mix = case_mix(profiles.read("jingan"))
    until = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
    made = happenings.cases(woven, mix, 30_000, 90, until, np.random.default_rng(13))
    at = np.datetime64("2026-03-04T09:30") - made.reported_ago_s.astype("timedelta64[s]")
    hour = (at - at.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    rhythm = np.array([kind.rhythm for kind in mix])[made.kind]
    night = (hour < 6) | (hour >= 22)
    assert 7 <= np.median(hour[rhythm == "morning"]) <= 11
    assert 17 <= np.median(hour[rhythm == "evening"]) <= 20
    assert night[rhythm == "any"].mean() == pytest.approx(8 / 24, abs=0.03)
    weekday = (at.astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    a_day = np.bincount(weekday, minlength=7) / 90 * 7
    assert a_day[5:].max() < 0.9 * a_day[:5].min()
    assert not (night & (made.source == "inspector")).any()
    assert (made.source[~night] == "inspector").mean() == pytest.approx(0.62, abs=0.06)


def test_cases_of_a_kind_gather_in_places_of_their_own(woven: fabric.Fabric) -> None:
    mix = case_mix(profiles.read("jingan"))
    made = happenings.cases(woven, mix, 20_000, 90, datetime(2026, 3, 4, tzinfo=UTC), np.random.default_rng(14))
    shares = []
    for k in range(10):
        x, y = made.x[made.kind == k], made.y[made.kind == k]
        cells = np.unique(np.column_stack((x // 200, y // 200)), axis=0, return_counts=True)[1]
        shares.append(np.sort(cells)[::-1][: len(cells) // 10].sum() / len(x))
    assert min(shares) > 0.25  # a tenth of the squares with any holds far more than a tenth


def test_component_points_keep_their_spacing_and_stay_dry(woven: fabric.Fabric) -> None:
    made = things.along_roads(woven, woven.creek.buffer(20), np.random.default_rng(11))
    lamps = made.kind == 0
    length_m = sum(stretch.line.length for stretch in woven.stretches)
    assert lamps.sum() == pytest.approx(length_m / things.KINDS[0].step_m, rel=0.15)
    assert not shapely.intersects_xy(woven.creek.buffer(20), made.x, made.y).any()


@pytest.mark.parametrize(
    ("name_zh", "name_en"),
    [
        ("江宁路街道", "Jiangning Road Subdistrict"),
        ("新安居委会", "Xin'an Residents' Committee"),
        ("彭浦镇", "Pengpu Town"),
        ("南京西路街道", "Nanjing West Road Subdistrict"),
        ("彭浦新村街道", "Pengpu New Village Subdistrict"),
        ("石门二路街道", "Shimen'er Road Subdistrict"),
        ("沪太路一零五一弄居委会", "Hutai Road Lane 1051 Residents' Committee"),
        ("洛川中路一千一百弄居委会", "Luochuan Middle Road Lane 1100 Residents' Committee"),
        ("又一村居委会", "Youyicun Residents' Committee"),
        ("场中路一零一一弄居委会", "Changzhong Road Lane 1011 Residents' Committee"),
        ("大宁一村居委会", "Daning Village 1 Residents' Committee"),
        ("柳营新村第二居委会", "Liuying New Village No. 2 Residents' Committee"),
        ("谈家桥八十弄居委会", "Tanjiaqiao Lane 80 Residents' Committee"),
        ("静安区", "Jing'an District"),
    ],
)
def test_area_names_have_an_english_gloss(name_zh: str, name_en: str) -> None:
    assert names.english_area_name(name_zh) == name_en


def test_road_names_are_never_given_twice() -> None:
    made = names.road_names([0] * 20 + [1] * 400 + [2] * 1500, np.random.default_rng(1))
    assert len({zh for zh, _ in made}) == len(made)
