"""What a trial file holds, as typed records; what its parts say of each other is asked in `check`."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from speciosa.errors import Fault, InputError
from speciosa.study.question.schema import Arm as StudyArm
from speciosa.study.question.schema import Line, Population, Record, Text
from speciosa.trials.design.shapes import Shape
from speciosa.trials.question.words import Condition, read_condition, read_hours, read_summary

Strategy = Literal[
    "treatment policy", "hypothetical", "composite", "while on treatment", "principal stratum"
]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
ESCALATING = ("3+3", "crm", "boin")
"""Designs that find a tolerated dose: one arm a dose, no reference."""
Event = Literal["discontinued", "rescue", "death"]
Method = Literal[
    "t test",
    "ancova",
    "mmrm",
    "imputation",
    "proportion",
    "wilcoxon",
    "log-rank",
    "cox",
    "crossover",
]
Share = Annotated[float, Field(gt=0, le=1)]


class People(Population):
    """The pool of virtual patients from whom trials take theirs.

    Attributes:
        include: who is taken in, by a value measured before the trial, such as ``pain_nrs >= 4``; everybody where empty.
    """

    include: Line = ""

    @field_validator("include")
    @classmethod
    def _include_reads(cls, text: str) -> str:
        if text:
            read_condition(text)
        return text


class Arm(StudyArm):
    """One arm of the trial.

    Attributes:
        allocation: how many people it takes for each one of an arm with 1.
    """

    allocation: int = Field(1, ge=1, le=20, strict=True)


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
        futility: bounds of z below which the trial stops, at the looks before the last.
        alpha: one-sided error of the first kind.
        reference: the arm with which the others are compared; the last where empty.
        randomise: of a withdrawal trial: when those who did well are randomised to go on or to stop.
        respond: of a withdrawal trial: the relative change from baseline, such as ``-30%``, that lets a person be randomised;
            everybody is where empty.
        taper: of a withdrawal trial: over which doses fall in those who stop; an abrupt stop where empty.
        period: of a crossover trial: how long each treatment lasts.
        washout: of a crossover trial: time without treatment between the two.
        toxicity: of a dose-finding trial: what harms a person, such as ``ventilation_fraction < 0.5`` at any time.
        target: of a dose-finding trial: the share of people harmed that is looked for.
        cohorts: of a dose-finding trial: how many at most.
        cohort_size: people in each.
        prior: of ``crm``: first guesses of the share harmed, by arm.
        doses: of ``mcpmod``: the dose of each arm, rising from 0.
        models: of ``mcpmod``: candidate shapes, such as ``emax=0.2`` or ``linear``.
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
    toxicity: Line = ""
    target: float = Field(0.3, gt=0.01, lt=0.6)
    cohorts: int = Field(10, ge=1, le=200, strict=True)
    cohort_size: int = Field(3, ge=1, le=50, strict=True)
    prior: tuple[float, ...] = ()
    doses: tuple[float, ...] = ()
    models: tuple[Line, ...] = ()

    @field_validator("toxicity")
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

    @field_validator("randomise", "taper", "period", "washout")
    @classmethod
    def _spans_read(cls, text: str) -> str:
        if text:
            read_hours(text)
        return text

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
            period = read_hours(self.period)
            return (0.0, period, 2 * period + (read_hours(self.washout) if self.washout else 0.0))
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
            return ("beginning", "end of period 1", "end of period 2")
        return tuple(text for text in self.visits if read_hours(text) >= self.begin_h)

    @property
    def begin_h(self) -> float:
        """When people are randomised."""
        return read_hours(self.randomise) if self.kind == "withdrawal" and self.randomise else 0.0


class Measure(Record):
    """What is compared.

    Attributes:
        output: effect of the pharmacology, such as ``pain_nrs`` or ``cows``.
        summary: ``mean difference``, ``responders at -30%`` or ``time to event``.
        event: of a time to event: ``discontinued`` or ``rescue``.
        at: the visit at which it is read; the last where empty.
        margin: of non-inferiority, in the unit of the comparison; 0 asks for superiority.
        better: ``higher`` or ``lower``, of an output of which the program does not know which way is better.
    """

    output: Line
    summary: Line = "mean difference"
    event: Literal["discontinued", "rescue"] = "discontinued"
    at: Line = ""
    margin: float = Field(0.0, ge=0)
    better: Literal["", "higher", "lower"] = ""

    @field_validator("summary")
    @classmethod
    def _summary_reads(cls, text: str) -> str:
        read_summary(text)
        return text

    @field_validator("at")
    @classmethod
    def _at_reads(cls, text: str) -> str:
        if text:
            read_hours(text)
        return text


class Estimand(Record):
    """What is to be estimated, in the words of ICH E9 (R1).

    Attributes:
        strategy: by intercurrent event.
    """

    strategy: Mapping[Event, Strategy] = {"discontinued": "treatment policy"}

    def of(self, event: str) -> str:
        """The strategy of an event; treatment policy where none is said."""
        return str(dict(self.strategy).get(event, "treatment policy"))  # type: ignore[call-overload]


class DropOut(Record):
    """Who stops the treatment, and what of them is still seen.

    Attributes:
        model: ``none``, ``mcar`` (by time alone), ``mar`` (by what was seen of the patient last), ``mnar`` (by what is not seen:
            the value at the next visit, unwanted effects, withdrawal).
        completed: share that is still treated at the last visit: of all arms together, or by arm.
        followed: share of those who stop that is seen at the visits that follow.
        adverse: log odds ratio of stopping with an unwanted effect against without.
        lack: the same for each share of the baseline that is left of what is measured.
        withdrawal: the same for each 10 points of the withdrawal score.
        time: the same for each week that passes.
    """

    model: Literal["none", "mcar", "mar", "mnar"] = "none"
    completed: Share | Mapping[str, Share] = 1.0
    followed: float = Field(0.0, ge=0, le=1)
    adverse: float | None = Field(None, ge=0, le=10)
    lack: float | None = Field(None, ge=0, le=20)
    withdrawal: float | None = Field(None, ge=0, le=10)
    time: float | None = Field(None, ge=-5, le=5)


class Adherence(Record):
    """Who takes what they are given.

    Attributes:
        taken: share of people who take it; the others take none of it, from the beginning, and are seen as everybody is.
    """

    taken: Share = 1.0


class Rescue(Record):
    """What is given beside the treatment when it is not enough.

    Attributes:
        when: at a visit, such as ``pain_nrs > 7``.
        dose: of the rescue, such as ``1 g paracetamol oral``.
        a_day: the most doses a day; those who need it take as many.
    """

    when: Line
    dose: Line
    a_day: int = Field(3, ge=1, le=12, strict=True)

    @field_validator("when")
    @classmethod
    def _when_reads(cls, text: str) -> str:
        read_condition(text)
        return text

    @property
    def condition(self) -> Condition:
        """When it is given."""
        return read_condition(self.when)


class Course(Record):
    """What moves a measurement beside the drug; what is left out comes from ``assumed.toml``.

    Attributes:
        drift: of the disease, in units of the endpoint a week.
        placebo: change that comes with being treated, beyond that of the model.
        placebo_sd: of it between patients.
        tau: how fast it comes: the time after which 63% of it is there.
        visit_sd: standard deviation of a measurement about the patient's course.
    """

    drift: float | None = None
    placebo: float | None = None
    placebo_sd: float | None = Field(None, ge=0)
    tau: Line = ""
    visit_sd: float | None = Field(None, ge=0)

    @field_validator("tau")
    @classmethod
    def _tau_reads(cls, text: str) -> str:
        if text and read_hours(text) <= 0:
            raise ValueError(f"expected a time above 0, found {text!r}")
        return text


class Analysis(Record):
    """How the trial is analysed.

    Attributes:
        method: of the comparison; one that fits the summary where empty.
        df: of `mmrm`: ``satterthwaite`` or ``kenward-roger``.
        reference: of `imputation`: ``MAR``, ``J2R`` (jump to reference), ``CR`` (copy reference) or ``CIR`` (copy increments).
        imputations: how many.
    """

    method: Method | None = None
    df: Literal["satterthwaite", "kenward-roger"] = "satterthwaite"
    reference: Literal["MAR", "J2R", "CR", "CIR"] = "J2R"
    imputations: int = Field(20, ge=2, le=1000, strict=True)


class Simulation(Record):
    """How much is simulated.

    Attributes:
        replicates: trials.
        seed: of the trials; patients have that of the population.
        truth: people by whom the true estimand is worked out.
    """

    replicates: int = Field(2000, ge=1, le=1_000_000, strict=True)
    seed: int = Field(1, ge=0, lt=2**63, strict=True)
    truth: int = Field(100_000, ge=100, le=5_000_000, strict=True)


class Trial(Record):
    """A whole trial, ready to be simulated."""

    title: Text
    question: Line = ""
    indication: Literal["pain", "withdrawal", "interactions"] = "pain"
    confirm: Line = ""
    population: People = People()
    arms: tuple[Arm, ...] = Field(min_length=1, max_length=12)
    design: Design
    endpoint: Measure
    estimand: Estimand = Estimand()
    dropout: DropOut = DropOut()
    adherence: Adherence = Adherence()
    rescue: Rescue | None = None
    course: Course = Course()
    analysis: Analysis = Analysis()
    simulation: Simulation = Simulation()

    @model_validator(mode="after")
    def _names_differ(self) -> "Trial":
        names = [arm.name for arm in self.arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(Fault("arms", "each arm name once", ", ".join(map(repr, twice))))
        return self

    @property
    def reference(self) -> str:
        """Name of the arm with which the others are compared."""
        if self.design.kind == "mcpmod":
            return self.arms[0].name
        return self.design.reference or self.arms[-1].name

    @property
    def at(self) -> int:
        """The number of the visit at which the endpoint is read, of those since randomisation; the baseline is 0."""
        if self.design.kind == "crossover":
            return 2
        begin = self.design.begin_h
        times = tuple(time + begin for time in self.design.shown_h)
        if not self.endpoint.at:
            return len(times) - 1
        when = read_hours(self.endpoint.at)
        return min(range(len(times)), key=lambda visit: abs(times[visit] - when))

    @property
    def method(self) -> str:
        """The analysis: as asked, or the usual one of the summary."""
        if self.analysis.method is not None:
            return self.analysis.method
        if self.design.kind == "crossover":
            return "crossover"
        kind = read_summary(self.endpoint.summary).kind
        if self.design.kind == "mcpmod":
            return "t test"
        return {
            "mean": "mmrm" if self.at > 1 else "ancova",
            "responders": "proportion",
            "time": "log-rank",
        }[kind]
