"""The design of a trial as its file has it: arms in time, visits, looks, and what each kind of design needs besides."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from speciosa.study.question.schema import Line, Record
from speciosa.trials.design.shapes import Shape
from speciosa.trials.question.words import read_condition, read_hours, read_summary

ESCALATING = ("3+3", "crm", "boin")
"""Designs that find a tolerated dose: one arm a dose, no reference."""


class Design(Record):
    """How people are taken to arms, seen and looked at.

    Attributes:
        kind: of the design.
        size: people randomised, in all arms together; None searches the size that reaches `power`.
        power: the power that a size is searched for.
        largest: the largest size that is searched.
        visits: when people are seen; the first is the baseline, at 0.
        looks: shares of the people after whom the trial may stop; one look, at the end, where empty.
        spending: of the error between the looks.
        futility: bounds of z below which the trial stops, or an arm is dropped, at the looks before the last.
        binding: whether the bounds for rejection rely on the futility bounds.
        gamma: of the spending function ``hwang-shih-decani``.
        rho: of ``kim-demets``.
        delta: of ``wang-tsiatis``.
        alpha: one-sided error of the first kind.
        reference: the arm with which the others are compared; the last where empty.
        randomise: of a withdrawal trial: when those who did well are randomised to go on or to stop.
        respond: the relative change from baseline, such as ``-30%``, that lets a person of a withdrawal trial be randomised
            (everybody is where empty), or that is an answer to the first treatment of ``smart``.
        taper: of a withdrawal trial: over which doses fall in those who stop; an abrupt stop where empty.
        period: of a crossover trial: how long each treatment lasts.
        washout: of a crossover trial: time without treatment between two periods.
        periods: of a crossover trial: as many as it has treatments.
        toxicity: of a dose-finding trial: what harms a person, such as ``ventilation_fraction < 0.5`` at any time.
        target: of a dose-finding trial: the share of people harmed that is looked for.
        cohorts: of a dose-finding trial: how many at most.
        cohort_size: people in each.
        prior: of ``crm``: first guesses of the share harmed, by arm.
        doses: of ``mcpmod``: the dose of each arm, rising from 0.
        models: of ``mcpmod``: candidate shapes, such as ``emax=0.2`` or ``linear``.
        curve: of ``crm``: ``empiric`` or ``logistic``.
        most: of ``re-estimation``: the largest size, as a multiple of the one planned.
        aim: of ``re-estimation``: the conditional power to which people are added.
        promising: of ``re-estimation``: the conditional power from which they are; where None the smallest at which a plain test
            keeps the error.
        combine: of ``re-estimation``: how both stages are tested together.
        decide: of ``smart``: the visit at which those who have not answered change treatment.
        steps: of ``titration``: multiples of the doses of an arm, rising; people begin with the first.
        adjust: of ``titration``: visits at which the dose may change.
        up: of ``titration``: the measurement that asks for more, such as ``pain_nrs > 4``.
    """

    kind: str = "parallel"
    size: int | None = Field(None, ge=2, le=100_000, strict=True)
    power: float | None = Field(None, gt=0.05, lt=1)
    largest: int = Field(10_000, ge=20, le=100_000, strict=True)
    visits: tuple[Line, ...] = ("0 wk", "2 wk", "4 wk", "8 wk", "12 wk")
    looks: tuple[float, ...] = ()
    spending: Line = "obrien-fleming"
    futility: tuple[float, ...] = ()
    alpha: float = Field(0.025, gt=0, lt=0.5)
    reference: Line = ""
    randomise: Line = ""
    respond: Line = "-30%"
    taper: Line = ""
    period: Line = ""
    washout: Line = ""
    periods: int = Field(2, ge=2, le=6, strict=True)
    toxicity: Line = ""
    target: float = Field(0.3, gt=0.01, lt=0.6)
    cohorts: int = Field(10, ge=1, le=200, strict=True)
    cohort_size: int = Field(3, ge=1, le=50, strict=True)
    prior: tuple[float, ...] = ()
    doses: tuple[float, ...] = ()
    models: tuple[Line, ...] = ()
    curve: Literal["empiric", "logistic"] = "empiric"
    binding: bool = False
    gamma: float | None = None
    rho: float | None = None
    delta: float | None = None
    most: float = Field(2.0, gt=1, le=10)
    aim: float = Field(0.9, gt=0.05, lt=1)
    promising: float | None = Field(None, ge=0, lt=1)
    combine: Literal["inverse normal", "plain"] = "inverse normal"
    decide: Line = ""
    steps: tuple[float, ...] = ()
    adjust: tuple[Line, ...] = ()
    up: Line = ""

    @field_validator("toxicity", "up")
    @classmethod
    def _toxicity_reads(cls, text: str) -> str:
        if text:
            read_condition(text)
        return text

    @field_validator("models")
    @classmethod
    def _models_read(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            Shape.read(text)
        return texts

    @field_validator("respond")
    @classmethod
    def _respond_reads(cls, text: str) -> str:
        if text:
            read_summary(f"responders at {text}")
        return text

    @field_validator("randomise", "taper", "period", "washout", "decide")
    @classmethod
    def _spans_read(cls, text: str) -> str:
        if text:
            read_hours(text)
        return text

    @field_validator("adjust")
    @classmethod
    def _times_read(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            read_hours(text)
        return texts

    @field_validator("visits")
    @classmethod
    def _visits_read(cls, visits: tuple[str, ...]) -> tuple[str, ...]:
        times = [read_hours(text) for text in visits]
        if (
            len(times) < 2
            or times[0] != 0
            or any(b <= a for a, b in zip(times, times[1:], strict=False))
        ):
            raise ValueError(
                'expected two visits or more, the first at 0 and each later than the one before, such as ["0 wk", "4 wk"], '
                f"found {list(visits)}"
            )
        if len(times) > 13:
            raise ValueError(f"expected at most 13 visits, found {len(times)}")
        return visits

    @field_validator("looks")
    @classmethod
    def _looks_rise(cls, looks: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(a < b for a, b in zip((0.0, *looks), looks, strict=False))
        if looks and not (rising and looks[-1] == 1.0):
            raise ValueError(
                f"expected shares of the people that rise from above 0 to 1, found {list(looks)}"
            )
        return looks

    @model_validator(mode="after")
    def _one_question(self) -> "Design":
        if self.kind in ESCALATING:
            return self
        if (self.size is None) == (self.power is None):
            found = "neither" if self.size is None else "both"
            raise ValueError(
                f"expected either a size or a power for which a size is searched, found {found}"
            )
        return self

    @property
    def times_h(self) -> tuple[float, ...]:
        """The visits in hours; of a crossover, its beginning and the ends of its periods."""
        if self.kind == "crossover" and self.period:
            period, gap = read_hours(self.period), read_hours(self.washout) if self.washout else 0.0
            return (0.0, *(n * period + (n - 1) * gap for n in range(1, self.periods + 1)))
        return tuple(read_hours(text) for text in self.visits)

    @property
    def shown_h(self) -> tuple[float, ...]:
        """The visits at which randomised people are seen, in hours from their randomisation."""
        times, begin = self.times_h, self.begin_h
        return tuple(time - begin for time in times if time >= begin)

    @property
    def shown_visits(self) -> tuple[str, ...]:
        """The same in words, as the file has them."""
        if self.kind == "crossover" and self.period:
            return ("beginning", *(f"end of period {n}" for n in range(1, self.periods + 1)))
        return tuple(text for text in self.visits if read_hours(text) >= self.begin_h)

    @property
    def begin_h(self) -> float:
        """When people are randomised."""
        return read_hours(self.randomise) if self.kind == "withdrawal" and self.randomise else 0.0
