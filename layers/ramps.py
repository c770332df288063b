"""Colour ramps that survive colour blindness and print: hex tables of ColorBrewer 2.0.

Source: Cynthia Brewer, Mark Harrower and The Pennsylvania State University, colorbrewer2.org (Apache 2.0); only
sequential ramps marked there as safe for colour-blind readers, and two diverging ones, low to high.
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
}  # fmt: skip

NAMES = tuple(_SEQUENTIAL)


def ramp(name: str, classes: int) -> tuple[str, ...]:
    """The ``#rrggbb`` colours of a ramp for 1 to 9 classes, low to high; InvalidInput for another name or number.

    One or two classes take the ends of the ramp for three.
    """
    if name not in _SEQUENTIAL:
        raise InvalidInput("There is no colour ramp {name}.", field="ramp", name=name)
    if not 1 <= classes <= CLASSES_MAX:
        raise InvalidInput("Between 1 and {max} classes can be told apart.", field="classes", max=CLASSES_MAX)
    colours = tuple(f"#{colour}" for colour in _SEQUENTIAL[name][max(classes, CLASSES_MIN)].split())
    if classes >= CLASSES_MIN:
        return colours
    return colours[1:2] if classes == 1 else (colours[0], colours[2])
