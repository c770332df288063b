"""Colours that survive colour blindness: hex tables of ColorBrewer 2.0, cmocean, and two others.

Sources: Cynthia Brewer, Mark Harrower and The Pennsylvania State University, colorbrewer2.org (Apache 2.0), only
sequential ramps marked there as safe for colour-blind readers, and two diverging ones, low to high; Kristen Thyng and
others, cmocean (MIT; Oceanography 29(3), 2016), even in lightness, every twentieth colour, light first; eight colours
for kinds of things by Masataka Okabe and Kei Ito (Color Universal Design, 2008); two squares of three by three for two
numbers at once by Joshua Stevens (2015).
"""

from __future__ import annotations

from gis.errors import InvalidInput

CLASSES_MIN, CLASSES_MAX = 3, 9

_SEQUENTIAL: dict[str, dict[int, str]] = {
    "YlOrRd": {
        3: "ffeda0 feb24c f03b20", 4: "ffffb2 fecc5c fd8d3c e31a1c", 5: "ffffb2 fecc5c fd8d3c f03b20 bd0026",
        6: "ffffb2 fed976 feb24c fd8d3c f03b20 bd0026", 7: "ffffb2 fed976 feb24c fd8d3c fc4e2a e31a1c b10026",
        8: "ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c b10026",
        9: "ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026",
    },
    "YlGnBu": {
        3: "edf8b1 7fcdbb 2c7fb8", 4: "ffffcc a1dab4 41b6c4 225ea8", 5: "ffffcc a1dab4 41b6c4 2c7fb8 253494",
        6: "ffffcc c7e9b4 7fcdbb 41b6c4 2c7fb8 253494", 7: "ffffcc c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 0c2c84",
        8: "ffffd9 edf8b1 c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 0c2c84",
        9: "ffffd9 edf8b1 c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 253494 081d58",
    },
    "Blues": {
        3: "deebf7 9ecae1 3182bd", 4: "eff3ff bdd7e7 6baed6 2171b5", 5: "eff3ff bdd7e7 6baed6 3182bd 08519c",
        6: "eff3ff c6dbef 9ecae1 6baed6 3182bd 08519c", 7: "eff3ff c6dbef 9ecae1 6baed6 4292c6 2171b5 084594",
        8: "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 084594",
        9: "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    },
    "Purples": {
        3: "efedf5 bcbddc 756bb1", 4: "f2f0f7 cbc9e2 9e9ac8 6a51a3", 5: "f2f0f7 cbc9e2 9e9ac8 756bb1 54278f",
        6: "f2f0f7 dadaeb bcbddc 9e9ac8 756bb1 54278f", 7: "f2f0f7 dadaeb bcbddc 9e9ac8 807dba 6a51a3 4a1486",
        8: "fcfbfd efedf5 dadaeb bcbddc 9e9ac8 807dba 6a51a3 4a1486",
        9: "fcfbfd efedf5 dadaeb bcbddc 9e9ac8 807dba 6a51a3 54278f 3f007d",
    },
    "RdYlBu": {
        3: "91bfdb ffffbf fc8d59", 4: "2c7bb6 abd9e9 fdae61 d7191c", 5: "2c7bb6 abd9e9 ffffbf fdae61 d7191c",
        6: "4575b4 91bfdb e0f3f8 fee090 fc8d59 d73027", 7: "4575b4 91bfdb e0f3f8 ffffbf fee090 fc8d59 d73027",
        8: "4575b4 74add1 abd9e9 e0f3f8 fee090 fdae61 f46d43 d73027",
        9: "4575b4 74add1 abd9e9 e0f3f8 ffffbf fee090 fdae61 f46d43 d73027",
    },
    "PuOr": {
        3: "998ec3 f7f7f7 f1a340", 4: "5e3c99 b2abd2 fdb863 e66101", 5: "5e3c99 b2abd2 f7f7f7 fdb863 e66101",
        6: "542788 998ec3 d8daeb fee0b6 f1a340 b35806", 7: "542788 998ec3 d8daeb f7f7f7 fee0b6 f1a340 b35806",
        8: "542788 8073ac b2abd2 d8daeb fee0b6 fdb863 e08214 b35806",
        9: "542788 8073ac b2abd2 d8daeb f7f7f7 fee0b6 fdb863 e08214 b35806",
    },
    "Greens": {
        3: "e5f5e0 a1d99b 31a354", 4: "edf8e9 bae4b3 74c476 238b45", 5: "edf8e9 bae4b3 74c476 31a354 006d2c",
        6: "edf8e9 c7e9c0 a1d99b 74c476 31a354 006d2c", 7: "edf8e9 c7e9c0 a1d99b 74c476 41ab5d 238b45 005a32",
        8: "f7fcf5 e5f5e0 c7e9c0 a1d99b 74c476 41ab5d 238b45 005a32",
        9: "f7fcf5 e5f5e0 c7e9c0 a1d99b 74c476 41ab5d 238b45 006d2c 00441b",
    },
}  # fmt: skip

_EVEN: dict[str, str] = {
    "matter": "feedb0 fcdb9f fac88d f8b67e f5a370 f19164 ec7e5a e76c55 df5b53 d54b54 c83d58 b9325d aa2961 9a2263 "
              "881d63 761a61 63185b 521653 401349 2f0f3e",
    "deep": "fdfecc e3f4bd c6eab0 aae0a8 8bd6a3 73cba3 61bea4 56b0a4 50a3a2 4a959f 46889c 427a99 3f6d97 3e6094 "
            "3f508e 424380 3f3869 392e54 30243e 281a2c",
    "haline": "fdef9a e7e781 ccdf6a afd95d 8dd25f 73c86a 5ebd75 51b17d 47a583 3f9986 388d88 308189 27768a 1d6b8b "
              "115e8f 0c5195 16409d 262ba3 2e1c8c 2a186c",
}  # fmt: skip
DARKEST = 16  # of twenty: darker ones look alike

NAMES = (*_SEQUENTIAL, *_EVEN)
DIVERGING = ("RdYlBu", "PuOr")
KINDS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#4d4d4d")
OTHERS = "#9aa0a6"  # what has no colour of its own
SQUARES: dict[str, str] = {  # first number to the right, second upwards: the lowest row first
    "BluePink": "e8e8e8 ace4e4 5ac8c8 dfb0d6 a5add3 5698b9 be64ac 8c62aa 3b4994",
    "BlueGold": "e8e8e8 b4d3e1 509dc2 f3e6b3 b3b3b3 376387 f3b300 b36600 000000",
}  # fmt: skip


def square(name: str) -> tuple[str, ...]:
    """Nine colours for two numbers of three classes each: colour 3 · second + first. InvalidInput for another name."""
    if name not in SQUARES:
        raise InvalidInput("There is no colour square {name}.", field="ramp", name=name)
    return tuple(f"#{colour}" for colour in SQUARES[name].split())


def ramp(name: str, classes: int) -> tuple[str, ...]:
    """The ``#rrggbb`` colours of a ramp for 1 to 9 classes, low to high; InvalidInput for another name or number.

    One or two classes take the ends of the ramp for three.
    """
    if name not in NAMES:
        raise InvalidInput("There is no colour ramp {name}.", field="ramp", name=name)
    if not 1 <= classes <= CLASSES_MAX:
        raise InvalidInput("Between 1 and {max} classes can be told apart.", field="classes", max=CLASSES_MAX)
    whole = _even(name, max(classes, CLASSES_MIN)) if name in _EVEN else _SEQUENTIAL[name][max(classes, CLASSES_MIN)]
    colours = tuple(f"#{colour}" for colour in whole.split())
    if classes >= CLASSES_MIN:
        return colours
    return colours[1:2] if classes == 1 else (colours[0], colours[2])


def _even(name: str, classes: int) -> str:
    """As many colours of an even ramp, at equal steps."""
    colours = _EVEN[name].split()
    return " ".join(colours[round(at * DARKEST / (classes - 1))] for at in range(classes))
