"""What a study file holds, as typed records.

Structure only: whether products, covariates and outcomes are known is asked in `speciosa.study.question.check`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from speciosa.errors import Fault, InputError, unseen
from speciosa.pharmacology.pieces import in_amounts
from speciosa.regimen import Dose, Regimen, parse_regimen
from speciosa.study.question.agreement import contradictions
from speciosa.study.question.regimens import read_regimen
from speciosa.units import hours, read

_DAY_H = 24.0


def _plain(text: str) -> str:
    if hidden := unseen(text):
        raise ValueError(f"expected printable characters, found {hidden[:20]!r}")
    return text


_Printable = AfterValidator(_plain)
Text = Annotated[str, Field(min_length=1, max_length=2000), _Printable]
Line = Annotated[str, Field(max_length=2000), _Printable]
_MOST_DOSES = 100_000


def _time(text: str, example: str) -> str:
    try:
        unit, span_h = read(text)[1], hours(text)
    except InputError:
        unit, span_h = "", 0.0
    if not unit or not 0 < span_h <= 24 * 366:
        raise ValueError(
            "expected a time with its unit (min, h, d, week), above 0 and up to a year, "
            f"such as {example!r}, found {text!r}"
        )
    return text


class Record(BaseModel):
    """A part of a study file: unknown keys are refused, values do not change once read."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same with some values changed, and read like any other.

        Pydantic's own copy would take along what was computed from the values before, such as an arm's doses.

        Args:
            update: the values that change.
            deep: changes nothing, as values never change once read.

        Example:
            >>> arm = Arm(name="Tea", regimen="2 g kratom_tea oral")
            >>> arm.doses.doses[0].amount, arm.model_copy(update={"regimen": "5 g kratom_tea oral"}).doses.doses[0].amount
            (2.0, 5.0)
        """
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**values, **(update or {})})


class Population(Record):
    """The virtual patients, the same in every arm.

    Attributes:
        patients: virtual patients a draw.
        draws: draws of every uncertain parameter.
        seed: of patients and draws.
        covariates: what all patients share, ``key=value`` joined by ``;``; the rest varies as in the population.
    """

    patients: int = Field(200, ge=2, le=1_000_000, strict=True)
    draws: int = Field(100, ge=1, le=100_000, strict=True)
    seed: int = Field(1, ge=0, lt=2**63, strict=True)
    covariates: Line = ""


class Arm(Record):
    """One way to treat, or not to.

    Attributes:
        name: shown in the report; each arm its own.
        regimen: doses in words; ``none`` for no drug.
        comedication: further doses that are not what the arm is about.
        taper: instead of an abrupt stop, doses fall in equal daily steps over this time (``7 d``).
        covariates: what the patients of this arm share beyond the population, such as ``cyp2d6=poor``.
        active: false for a placebo: the patient expects relief and gets no drug.
        source: reference keys of the regimen.
        note: what the regimen is, in a few words (labelled dose, reported use).
        confirm: in words, that a dose far above any reported one is meant.
    """

    name: Text
    regimen: str
    comedication: str = "none"
    taper: Line = ""
    covariates: Line = ""
    source: tuple[Line, ...] = ()
    note: Line = ""
    confirm: Line = ""

    @field_validator("regimen", "comedication")
    @classmethod
    def _regimen_reads(cls, text: str) -> str:
        read_regimen(text)
        return in_amounts(text)

    @field_validator("taper")
    @classmethod
    def _taper_reads(cls, text: str) -> str:
        return _time(text, "7 d") if text else text

    @model_validator(mode="after")
    def _doses_can_be_counted(self) -> "Arm":
        count = sum(dose.count for dose in self.doses.doses)
        if count > _MOST_DOSES:
            expected = f"at most {_MOST_DOSES} doses, those of the taper among them"
            raise InputError(Fault("doses", expected, str(count)))
        return self

    @cached_property
    def treatment(self) -> Regimen:
        """What the arm is about, as doses: its regimen without taper and co-medication."""
        return parse_regimen(self.regimen)

    @cached_property
    def companions(self) -> Regimen:
        """The co-medication as doses."""
        return parse_regimen(self.comedication)

    @cached_property
    def doses(self) -> Regimen:
        """All doses: regimen, its taper, co-medication."""
        steps = tuple(step for dose in self.treatment.doses for step in self._tapered(dose))
        return Regimen((*self.treatment.doses, *steps, *self.companions.doses))

    @property
    def stop_h(self) -> float:
        """When the arm's own treatment ends, its taper included: one interval after the last dose.

        What is given once lasts a day, or as long as it is given.
        """
        doses = self.treatment.doses
        ends = [d.times_h[-1] + (d.every_h or max(d.over_h or 0.0, _DAY_H)) for d in doses]
        return max(ends, default=0.0) + (hours(self.taper) if self.taper else 0.0)

    def _tapered(self, dose: Dose) -> list[Dose]:
        if not self.taper or dose.every_h is None or dose.count < 2:
            return []
        days = max(1, round(hours(self.taper) / 24))
        a_day = max(1, round(24 / dose.every_h))
        begin = dose.times_h[-1] + dose.every_h
        return [
            Dose(
                dose.amount * (1 - (day + 1) / (days + 1)),
                dose.unit,
                dose.product,
                dose.route,
                begin + 24 * day,
                dose.every_h,
                a_day,
                dose.over_h,
            )
            for day in range(days)
        ]


class FollowUp(Record):
    """How long the patients are followed, and which outcomes are read.

    Attributes:
        until: end of the simulation.
        outcomes: keys of ``outcomes.toml``; all of the indication where empty.
    """

    until: Line = "21 d"
    outcomes: tuple[Line, ...] = ()

    @field_validator("until")
    @classmethod
    def _until_reads(cls, text: str) -> str:
        return _time(text, "21 d")


class Evidence(Record):
    """Which pooled trials and recorded rates stand beside the simulation.

    Attributes:
        networks: names of networks of trials.
        risks: whether recorded rates of harm are shown.
        claims: whether the ledger of claims is shown.
        recalled: whether rows known only from memory take part.
    """

    networks: tuple[Line, ...] = ()
    risks: bool = True
    claims: bool = True
    recalled: bool = False


class Criterion(Record):
    """One outcome of the benefit-risk analysis.

    Attributes:
        outcome: key of the outcome.
        worst: the level worth 0.
        best: the level worth 1.
        points: further (level, value) pairs of a piecewise linear value.
        weight: one swing weight, or a low and a high one; nothing where it is not known.
        branch: of the value tree: what is gained, what is put up with, what may do lasting harm; "" is not said.
        source: references for the weight; a weight without one is the study's judgement.
    """

    outcome: Line
    worst: float
    best: float
    points: tuple[tuple[float, float], ...] = ()
    weight: float | tuple[float, float] | None = None
    branch: Literal["", "benefit", "burden", "danger"] = ""
    source: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _levels_differ(self) -> "Criterion":
        if self.worst == self.best:
            raise ValueError(
                f"expected two different levels for worst and best, found {self.worst} twice"
            )
        return self

    @model_validator(mode="after")
    def _points_rise(self) -> "Criterion":
        way = self.best - self.worst
        knots = [
            (self.worst, 0.0),
            *sorted(self.points, key=lambda p: way * p[0]),
            (self.best, 1.0),
        ]
        pairs = list(zip(knots, knots[1:], strict=False))
        if not all(way * a[0] < way * b[0] and a[1] < b[1] for a, b in pairs):
            raise ValueError(
                "expected points [level, value] between worst and best whose values rise from 0 to 1, "
                f"found {[list(point) for point in self.points]}"
            )
        return self


class WeightRatio(Record):
    """How the swing of one criterion compares with that of another, as preference studies say it.

    Attributes:
        of, to: keys of the two outcomes.
        between: the lowest and the highest weight of the first for each 1 of the second.
        source: references.
    """

    of: Line
    to: Line
    between: tuple[float, float]
    source: tuple[Line, ...] = ()


class Unweighed(Record):
    """What belongs to the decision and is not weighed, with the reason.

    Attributes:
        name: what it is called.
        why: there is no weight.
        source: references to what is known of it.
    """

    name: Line
    why: Text
    source: tuple[Line, ...] = ()


class BenefitRisk(Record):
    """How outcomes are weighed.

    Attributes:
        reference: the arm with which others are compared; the last where empty.
        criteria: what counts.
        order: outcomes from the most to the least important swing.
        order_source: references for the order.
        ratios: of weights; beside weights that are not all exact.
        unweighed: what belongs to the decision and is not weighed.
        samples: of the rank acceptability analysis.
    """

    reference: Line = ""
    criteria: tuple[Criterion, ...] = ()
    order: tuple[Line, ...] = ()
    order_source: tuple[Line, ...] = ()
    ratios: tuple[WeightRatio, ...] = ()
    unweighed: tuple[Unweighed, ...] = ()
    samples: int = Field(20_000, ge=1000, le=5_000_000, strict=True)


class FittedNumber(Record):
    """One parameter.

    Attributes:
        value: typical value.
        uncertainty: its relative standard error; where None the library's uncertainty stays.
        between: standard deviation between patients on the scale of `distribution`; where None that of the library stays.
        distribution: how patients differ.
    """

    value: float
    uncertainty: Annotated[float, Field(ge=0)] | None = None
    between: Annotated[float, Field(ge=0)] | None = None
    distribution: Literal["lognormal", "normal", "logitnormal"] = "lognormal"


class Fitted(Record):
    """A fit of a substance.

    Attributes:
        file: the ``fit.json`` that `speciosa fit` wrote, beside the study file.
        substance: of the library.
        method: of the fit.
        parameters: by their names in the library; read from the file.
    """

    file: Line = ""
    substance: Line = ""
    method: Line = ""
    parameters: Mapping[str, FittedNumber] = {}


class Study(Record):
    """A whole question, ready to be run.

    Attributes:
        title: of the report.
        question: in one or two sentences.
        indication: which outcomes matter: ``pain``, ``withdrawal`` or ``interactions``.
        facts: a folder of facts of one's own beside the study file; "" reads the built-in ones alone.
        confirm: in words, that doses far above any reported ones are meant, in every arm.
        fitted: fits of substances to data of one's own, whose numbers take the place of the library's.
    """

    title: Text
    question: Text
    indication: Literal["pain", "withdrawal", "interactions"] = "pain"
    facts: str = Field("", max_length=500)
    confirm: Line = ""
    population: Population = Population()
    arms: tuple[Arm, ...] = Field(min_length=1, max_length=40)
    follow_up: FollowUp = FollowUp()
    evidence: Evidence = Evidence()
    benefit_risk: BenefitRisk = BenefitRisk()
    fitted: tuple[Fitted, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> "Study":
        faults = [fault for _, fault in contradictions(self.model_dump())]
        if faults:
            raise InputError(faults)
        return self

    @property
    def reference(self) -> str:
        """Name of the arm with which the others are compared."""
        return self.benefit_risk.reference or self.arms[-1].name

    @property
    def until_h(self) -> float:
        """End of follow-up in hours."""
        return hours(self.follow_up.until)
