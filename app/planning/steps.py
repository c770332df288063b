"""What a recipe may ask for: one model a kind of step. All lengths are metres."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.planning.errors import BadChain

Source = Annotated[str, Field(min_length=1, max_length=80, description="Layer id, or name of an earlier step")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FieldName = Annotated[str, Field(min_length=1, max_length=63)]
Metres = Annotated[float, Field(gt=0, le=200_000, allow_inf_nan=False)]
Predicate = Literal[
    "intersects", "contains", "within", "covers", "covered_by", "touches", "crosses", "overlaps", "equals", "dwithin"
]


class Step(BaseModel):
    """What all steps have: the name of the result, and what it is made of."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    TAKES: ClassVar[tuple[str, ...]] = ("of",)

    name: Name = Field(alias="as")
    of: Source

    def takes(self) -> dict[str, str]:
        """The layers and earlier steps that go in, in their order, by what each is to the operation."""
        return {one: getattr(self, one) for one in self.TAKES if getattr(self, one) is not None}

    def whole(self) -> None:
        """BadChain where two of its values don't go together."""

    def sources(self) -> list[str]:
        """Their names."""
        return list(self.takes().values())


class _Two(Step):
    TAKES = ("of", "other")

    other: Source = Field(alias="with")


class Buffer(Step):
    """Everything within some metres; negative: what is farther than that from the outline. `merge`: as one area."""

    do: Literal["buffer"]
    metres: float = Field(ge=-200_000, le=200_000, allow_inf_nan=False)
    segments: int = Field(default=8, ge=1, le=64, description="Corners to a quarter circle")
    merge: bool = False


class Clip(_Two):
    """The parts of `of` that lie on `with`; properties of `of`."""

    do: Literal["clip"]


class Intersect(_Two):
    """The common parts of each pair; properties of both."""

    do: Literal["intersect"]


class Union(_Two):
    """Common parts, and what only one of both covers; properties of both where known."""

    do: Literal["union"]


class Difference(_Two):
    """The parts of `of` that do not lie on `with`."""

    do: Literal["difference"]


class SymmetricDifference(_Two):
    """What only one of both covers."""

    do: Literal["symmetric_difference"]


class Tally(BaseModel):
    """A figure over several rows."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    field: FieldName
    how: Literal["sum", "mean", "min", "max"] = "sum"
    name: Name | None = Field(default=None, alias="as")

    @property
    def title(self) -> str:
        """What the column is called."""
        return self.name or f"{self.field}_{self.how}"


class Dissolve(Step):
    """Rows of equal values become one; their number as `count`."""

    do: Literal["dissolve"]
    by: list[FieldName] = Field(default=[], max_length=10)
    tally: list[Tally] = Field(default=[], max_length=20)


class Join(_Two):
    """Each row of `of` with each row of `with` that it stands to as `how` says; the shape is that of `of`."""

    do: Literal["join"]
    how: Predicate = "intersects"
    metres: Metres | None = None
    keep_all: bool = Field(default=False, description="Keep rows of `of` that meet none")


class Nearest(_Two):
    """Each row of `of` with the `k` nearest rows of `with`, and the metres to them as `distance_m`."""

    do: Literal["nearest"]
    k: int = Field(default=1, ge=1, le=50)
    within_m: Metres | None = None


class Count(_Two):
    """Areas with the number of features of `with` in them; those on a line between two count in both.

    Lines and areas of `with` count where their own middle (a point on them) lies.
    """

    do: Literal["count"]
    tally: list[Tally] = Field(default=[], max_length=20)
    count_as: Name = "count"


class Interpolate(_Two):
    """Figures of `with` shared out to the areas of `of` by the area in common (`sums`), or averaged by it (`means`)."""

    do: Literal["interpolate"]
    sums: list[FieldName] = Field(default=[], max_length=20)
    means: list[FieldName] = Field(default=[], max_length=20)


class Grid(Step):
    """Hexagons or squares with the number of features whose middle lies in each."""

    do: Literal["grid"]
    shape: Literal["hexagon", "square"] = "hexagon"
    side_m: Metres
    tally: list[Tally] = Field(default=[], max_length=20)
    on: Source | None = Field(default=None, description="All cells with their middle on these areas, empty ones too")
    TAKES = ("of", "on")


class Pick(Step):
    """The rows whose field stands to a value as `how` says; `keep`: only these properties."""

    do: Literal["pick"]
    field: FieldName | None = None
    how: Literal["=", "!=", "<", "<=", ">", ">=", "in", "empty", "filled"] = "="
    value: str | float | bool | list[str] | list[float] | None = None
    keep: list[FieldName] | None = Field(default=None, max_length=200)


class Measure(Step):
    """The rows with a new number: area or length of the shape, or one field by another, times something."""

    do: Literal["measure"]
    what: Literal["area_m2", "length_m", "ratio"]
    into: Name
    field: FieldName | None = None
    by: FieldName | None = None
    times: float = Field(default=1.0, allow_inf_nan=False)


class HotSpot(Step):
    """Areas whose figure, with that of their neighbours, is higher or lower than chance makes it: Getis and Ord's Gi*.

    Adds `z`, `p`, `q` (p held down to a share of false discoveries) and `level` (99, 95, 90 hot; negative cold; 0).
    """

    do: Literal["hotspot"]
    field: FieldName = "count"
    within_m: Metres | None = Field(default=None, description="Neighbours by their middles; else areas that touch")


class Density(Step):
    """Squares with the density of features around each (`per_km2`), spread by a kernel; lines and areas by a middle."""

    do: Literal["density"]
    bandwidth_m: Metres
    cell_m: Metres
    kernel: Literal["quartic", "epanechnikov", "gaussian"] = "quartic"
    field: FieldName | None = Field(default=None, description="How much each feature counts; else 1")
    on: Source | None = Field(default=None, description="Only squares with their middle on these areas")
    TAKES = ("of", "on")

    def whole(self) -> None:
        """Coarser squares than this would not add up to the number of features."""
        if 3 * self.cell_m > self.bandwidth_m:
            raise BadChain("The squares are too coarse: at most a third of the bandwidth.", field="steps")


class ByRoad(Step):
    """How one goes: on foot every way both ways, by vehicle as one-way streets allow."""

    roads: Source = "roads"
    closed: Source | None = Field(default=None, description="What these meet is closed; a point closes the way there")
    going: Literal["foot", "vehicle"] = "foot"
    unit: Literal["m", "min"] = "m"
    kmh: float | None = Field(default=None, gt=0, le=200, allow_inf_nan=False, description="On all ways alike")
    joins_m: float = Field(default=300, gt=0, le=5_000, description="Farther from a way than this joins none")
    kind_field: FieldName = "road_class"
    oneway_field: FieldName = "is_oneway"


Limit = Annotated[float, Field(gt=0, le=200_000, allow_inf_nan=False)]


class ServiceAreas(ByRoad):
    """What is within some limits of places by road: all within `beside_m` of a reached way, one area a limit (`upto`).

    `split`: `merged` for all places together, `nearest` for what is nearest to each, `each` for each by itself.
    """

    do: Literal["service_areas"]
    limits: list[Limit] = Field(min_length=1, max_length=10)
    split: Literal["merged", "nearest", "each"] = "merged"
    towards: bool = Field(default=False, description="To the places, not from them")
    rings: bool = Field(default=False, description="Each area without the ones inside it; merged only")
    beside_m: float = Field(default=60, ge=1, le=1_000)
    TAKES = ("of", "roads", "closed")

    def whole(self) -> None:
        """Rings of several places would cut each other."""
        if self.rings and self.split != "merged":
            raise BadChain("Rings need all places merged.", field="steps")


class Reach(ByRoad):
    """Each row with its cost by road to the nearest of `with`; empty where no way leads there."""

    do: Literal["reach"]
    other: Source = Field(alias="with")
    into: Name = "road_m"
    towards: bool = True
    within: Limit | None = None
    TAKES = ("of", "other", "roads", "closed")


class Locate(ByRoad):
    """The `k` of the sites in `with` that bring the weights of `of` nearest on the whole (p-median).

    `fixed` are facilities that stay. The result has the chosen sites and the fixed ones, with `weight_served`,
    `mean_cost` and `is_new`.
    """

    do: Literal["locate"]
    other: Source = Field(alias="with")
    fixed: Source | None = None
    k: int = Field(ge=1, le=100)
    weight: FieldName | None = None
    along: Literal["road", "straight"] = "road"
    towards: bool = True
    TAKES = ("of", "other", "fixed", "roads", "closed")

    def takes(self) -> dict[str, str]:
        """Roads only where they are gone along."""
        taken = super().takes()
        return taken if self.along == "road" else {key: taken[key] for key in ("of", "other", "fixed") if key in taken}


AnyStep = Annotated[
    Buffer | Clip | Intersect | Union | Difference | SymmetricDifference | Dissolve | Join | Nearest | Count
    | Interpolate | Grid | Pick | Measure | HotSpot | Density | ServiceAreas | Reach | Locate,
    Field(discriminator="do"),
]  # fmt: skip
STEPS: TypeAdapter[list[AnyStep]] = TypeAdapter(Annotated[list[AnyStep], Field(min_length=1, max_length=40)])
