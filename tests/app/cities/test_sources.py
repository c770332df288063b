"""Recorded cities: reading addresses, days from their order, places from house numbers."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from app.cities import profile as profiles
from app.cities.sources.cases import local_times
from app.cities.sources.events import days_in_order
from app.cities.sources.places import split_door
from app.cities.sources.relocate import Gazetteer
from gis.errors import InvalidInput, NotFound

KNOWN = Gazetteer(
    [
        "10 Elm St Boston MA 02108",
        "20-30 Elm St Boston MA 02108",
        "11 Elm St Boston MA 02108",
        "7 Oak Rd Boston MA 02108",
    ],
    np.array([-71.00, -71.01, -71.00, -71.05]),
    np.array([42.30, 42.30, 42.31, 42.32]),
)


def test_the_same_address_is_found_whatever_its_case_and_blanks() -> None:
    found = KNOWN.find("  10 ELM st  Boston MA 02108")
    assert found is not None
    assert (found.lon, found.method) == (-71.00, "same address")


def test_a_number_inside_a_range_takes_the_range() -> None:
    found = KNOWN.find("26 Elm St Boston MA 02108")
    assert found is not None
    assert (found.lon, found.method) == (-71.01, "number range")


def test_a_number_between_two_known_ones_lies_between_them_in_proportion() -> None:
    found = KNOWN.find("14 Elm St Boston MA 02108")
    assert found is not None
    assert found.method == "between house numbers"
    assert found.lon == pytest.approx(-71.004)


def test_a_number_past_the_end_takes_the_nearest_and_says_how_far_it_may_be_off() -> None:
    found = KNOWN.find("40 Elm St Boston MA 02108")
    assert found is not None
    assert found.method == "nearest house number"
    assert found.accuracy_m > 100


@pytest.mark.parametrize("address", ["900 Elm St Boston MA 02108", "10 Ash St Boston MA 02108", "Elm St", ""])
def test_an_address_too_far_from_any_known_one_is_not_guessed(address: str) -> None:
    assert KNOWN.find(address) is None


def test_doors_are_read_with_ranges_letters_and_halves() -> None:
    assert split_door("145-151 Ipswich St Boston MA 02215", r"\s+Boston MA.*$") == ("145-151", "Ipswich St")
    assert split_door("12A Main St") == ("12A", "Main St")
    assert split_door("INTERSECTION of A St & B St") == (None, None)


def test_days_are_rebuilt_from_month_weekday_and_order() -> None:
    months = ["January"] * 4 + ["February"]
    days = ["Friday", "Saturday", "Friday", "Sunday", "Monday"]  # the second Friday stands out of order
    assert days_in_order(months, days, 2016) == [
        date(2016, 1, 1), date(2016, 1, 2), date(2016, 1, 1), date(2016, 1, 3), date(2016, 2, 1),
    ]  # fmt: skip


def test_wall_clock_times_follow_summer_time_and_blank_is_null() -> None:
    values = pd.Series(["2015-01-15 12:00:00", "2015-07-15 12:00:00", "", "2015-03-08 02:30:00", "2015-11-01 01:30:00"])
    utc = local_times(values, ZoneInfo("America/New_York"))
    assert [None if pd.isna(one) else one.strftime("%m-%d %H:%M") for one in utc] == [
        "01-15 17:00", "07-15 16:00", None, "03-08 07:00", "11-01 05:30",
    ]  # fmt: skip


@pytest.mark.parametrize("profile_id", profiles.known())
def test_every_profile_that_comes_with_the_platform_is_well_formed(profile_id: str) -> None:
    profile = profiles.read(profile_id)
    assert profile.city.id == profile_id
    assert profile.city.name_zh
    assert profile.city.name_en


def test_an_unknown_profile_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="jingan"):
        profiles.read("atlantis")


def test_a_profile_with_a_misspelt_key_names_the_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = profiles.CITIES.__class__(str(tmp_path)) / "odd"
    folder.mkdir()
    (folder / "profile.toml").write_text("[city]\nidd = 'odd'\n")
    monkeypatch.setattr(profiles, "CITIES", folder.parent)
    with pytest.raises(InvalidInput, match=r"profile\.toml"):
        profiles.read("odd")
