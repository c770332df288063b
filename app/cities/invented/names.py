"""Invented names: roads, people. They read like real ones; none is taken from a register."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

FIRST = "安和永长昌宁康平泰吉祥瑞嘉景明清文华盛兴德仁义信广丰延福寿春云松柏竹兰"
SECOND = "安和宁康平泰祥瑞嘉景明清文华盛兴德仁丰延福春云松柏竹兰澜溪源泉桥塘园亭庭苑荣光阳"
KINDS = {0: ("大道", "Avenue"), 1: ("路", "Road"), 2: ("街", "Street")}
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉建文志国海燕春梅建雪飞鹏宇浩欣悦佳怡子涵梓轩一诺思雨晨曦"

DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
SIDES = {"东": "East", "西": "West", "南": "South", "北": "North", "中": "Middle"}
PLACE = re.compile(
    r"^(?P<name>.{2,}?)(?:(?P<side>[东西南北中]?)(?P<road>路))?(?:(?P<lane>[零一二三四五六七八九十百千]{2,})弄)?"
    r"(?P<village>新村|[一二三四五六七八九十]+村)?(?:第(?P<ordinal>[一二三四五六七八九十]+))?$"
)

TAILS = {
    "街道": "Subdistrict",
    "镇": "Town",
    "居委会": "Residents' Committee",
    "村委会": "Villagers' Committee",
    "区": "District",
}


def romanised(text: str) -> str:
    """Pinyin as one capitalised word, an apostrophe before a syllable that starts with a vowel."""
    syllables = lazy_pinyin(text)
    joined = "".join(("'" + s) if i and s[:1] in "aeo" else s for i, s in enumerate(syllables))
    return joined[:1].upper() + joined[1:]


def english_area_name(name_zh: str) -> str:
    """An English gloss of an area's name: pinyin, with roads, sides, lanes, villages and ordinals in English.

    >>> english_area_name("沪太路一零五一弄居委会")
    "Hutai Road Lane 1051 Residents' Committee"
    """
    for tail, gloss in TAILS.items():
        if name_zh.endswith(tail) and len(name_zh) > len(tail):
            return f"{_english_stem(name_zh.removesuffix(tail))} {gloss}"
    return romanised(name_zh)


def _english_stem(stem: str) -> str:
    found = PLACE.match(stem)
    if not found or not found["name"]:
        return romanised(stem)
    words = [romanised(found["name"])]
    if found["road"]:
        words += [SIDES[found["side"]]] if found["side"] else []
        words.append("Road")
    if found["lane"]:
        words += ["Lane", str(read_number(found["lane"]))]
    if found["village"]:
        words.append("New Village" if found["village"] == "新村" else f"Village {read_number(found['village'][:-1])}")
    if found["ordinal"]:
        words += ["No.", str(read_number(found["ordinal"]))]
    return " ".join(words)


def read_number(text: str) -> int:
    """A Chinese number, by place value or digit by digit: 一千一百 → 1100, 四九九 → 499."""
    if not set(text) & set(UNITS):
        return int("".join(str(DIGITS.index(sign)) for sign in text))
    total, digit = 0, 0
    for sign in text:
        if sign in UNITS:
            total += max(digit, 1) * UNITS[sign]
            digit = 0
        else:
            digit = DIGITS.index(sign)
    return total + digit


def stem(street_zh: str) -> str:
    """The name of a street or town without its kind: 江宁路街道 → 江宁路."""
    return street_zh.removesuffix("街道").removesuffix("镇")


def road_names(ranks: list[int], rng: np.random.Generator) -> list[tuple[str, str]]:
    """A Chinese and an English name for each road by its rank; no name twice."""
    stems = [a + b for a, b in product(FIRST, SECOND) if a != b]
    order = rng.permutation(len(stems))
    named = []
    for i, rank in enumerate(ranks):
        lap, place = divmod(i, len(stems))
        zh_kind, en_kind = KINDS[rank] if not lap else ("弄", "Lane")
        stem = stems[order[place]]
        named.append((stem + zh_kind, f"{romanised(stem)} {en_kind}"))
    return named


def people_names(count: int, rng: np.random.Generator) -> list[str]:
    """Invented personal names: a surname and one or two given characters."""
    surnames = np.array(list(SURNAMES))[_skewed(count, len(SURNAMES), rng)]
    first = np.array(list(GIVEN))[rng.integers(0, len(GIVEN), count)]
    second = np.where(rng.random(count) < 0.75, np.array(list(GIVEN))[rng.integers(0, len(GIVEN), count)], "")
    return [a + b + c for a, b, c in zip(surnames, first, second, strict=True)]


def _skewed(count: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indexes that favour the front, as surnames do."""
    return np.minimum((rng.random(count) ** 1.7 * size).astype(np.int64), size - 1)
