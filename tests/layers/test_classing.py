from __future__ import annotations

import math
import warnings

import mapclassify
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from gis.errors import InvalidInput
from layers.classing import SCHEMES, classify
from layers.ramps import NAMES, ramp

SKEWED = [float(x) for x in np.random.default_rng(7).lognormal(2, 1, 300)]


def theirs(
    kind: type[mapclassify.classifiers.MapClassifier], values: list[float], k: int
) -> mapclassify.classifiers.MapClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(values, k=k)


def test_fisher_jenks_gives_the_breaks_of_mapclassify() -> None:
    ours = classify(SKEWED, "fisher_jenks", 5)
    expected = theirs(mapclassify.FisherJenks, SKEWED, 5)
    assert ours.counts == tuple(expected.counts)
    assert ours.adcm == pytest.approx(expected.adcm)
    assert ours.breaks == pytest.approx(expected.bins, rel=0.02)  # rounded upwards where that moves no value


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [("quantiles", mapclassify.Quantiles), ("equal_interval", mapclassify.EqualInterval)],
)
def test_other_schemes_count_as_mapclassify_does(scheme: str, kind: type) -> None:
    assert classify(SKEWED, scheme, 6).counts == tuple(theirs(kind, SKEWED, 6).counts)


def test_the_example_of_jenks_is_split_where_the_gaps_are() -> None:
    values = [1, 2, 3, 11, 12, 13, 50, 51, 52]
    found = classify([float(x) for x in values], "fisher_jenks", 3)
    assert found.breaks == (3, 13, 52)
    assert found.counts == (3, 3, 3)
    assert found.gvf == pytest.approx(1 - 6 / sum((x - np.mean(values)) ** 2 for x in values))
    assert found.adcm == 6


def test_zero_and_missing_are_not_classed() -> None:
    found = classify([0, 0, None, math.nan, 4, 9], "quantiles", 2)
    assert (found.zeros, found.missing, sum(found.counts)) == (2, 2, 2)
    assert [found.class_of(value) for value in (None, math.nan, 0, 4, 9, 99)] == [None, None, -1, 0, 1, 1]


@pytest.mark.parametrize("values", [[], [None], [0.0, 0.0]])
def test_nothing_to_class_gives_no_classes(values: list[float | None]) -> None:
    found = classify(values)
    assert found.breaks == ()
    assert found.gvf == 1


@pytest.mark.parametrize("scheme", [one for one in SCHEMES if one != "user_defined"])
@pytest.mark.parametrize("values", [[5.0], [5.0] * 9, [1.0, 2.0], [1.0, 1.0, 1.0, 8.0], SKEWED, [-3.0, -1.0, 2.0, 7.5]])
def test_every_value_is_in_just_one_class_of_every_scheme(scheme: str, values: list[float]) -> None:
    found = classify(values, scheme, 5)
    assert sum(found.counts) == len(values)
    assert 1 <= len(found.breaks) <= 9
    assert list(found.breaks) == sorted(set(found.breaks))
    assert found.breaks[-1] >= max(values)
    assert [sum(found.class_of(v) == i for v in values) for i in range(len(found.breaks))] == list(found.counts)


@given(some.lists(some.integers(1, 60), min_size=1, max_size=60), some.integers(1, 9))
def test_more_classes_never_fit_worse(values: list[int], classes: int) -> None:
    numbers = [float(value) for value in values]
    first = classify(numbers, "fisher_jenks", classes)
    assert 0 <= first.gvf <= 1
    if classes < 9:
        assert classify(numbers, "fisher_jenks", classes + 1).gvf >= first.gvf - 1e-9


def test_ten_thousand_values_are_classed_the_same_every_time() -> None:
    values = [float(x) for x in np.random.default_rng(3).lognormal(0, 2, 10_000)]
    first = classify(values, "fisher_jenks", 7)
    assert first == classify(values[::-1], "fisher_jenks", 7)
    assert first.gvf > 0.9


def test_own_breaks_are_kept_and_what_lies_above_gets_a_class() -> None:
    found = classify([1, 5, 20, 300], "user_defined", breaks=[2, 10, 100])
    assert found.breaks == (2, 10, 100, 300)
    assert found.counts == (1, 1, 1, 1)
    assert classify([50, 60], "user_defined", breaks=[10, 100]).counts == (0, 2)  # the same classes every month
    for wrong in ([], [3, 3], [5, 1], [math.inf], list(range(10))):
        with pytest.raises(InvalidInput):
            classify([1, 2], "user_defined", breaks=wrong)


def test_unknown_schemes_and_numbers_of_classes_are_refused() -> None:
    for scheme, classes in (("rainbow", 5), ("quantiles", 0), ("quantiles", 10)):
        with pytest.raises(InvalidInput):
            classify([1, 2, 3], scheme, classes)


def test_ramps_have_as_many_colours_as_asked_each_once() -> None:
    for name in NAMES:
        for classes in range(1, 10):
            colours = ramp(name, classes)
            assert len(set(colours)) == classes
            assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)
    for name, classes in (("rainbow", 5), ("YlOrRd", 10), ("YlOrRd", 0)):
        with pytest.raises(InvalidInput):
            ramp(name, classes)


def test_sequential_ramps_darken_steadily() -> None:
    for name in ("YlOrRd", "YlGnBu", "Blues", "Purples"):
        for classes in range(2, 10):
            lightness = [0.2126 * int(c[1:3], 16) + 0.7152 * int(c[3:5], 16) + 0.0722 * int(c[5:], 16)
                         for c in ramp(name, classes)]  # fmt: skip
            assert lightness == sorted(lightness, reverse=True)
