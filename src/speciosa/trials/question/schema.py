"""What a trial file holds, as typed records; what its parts say of each other is asked in `check`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from speciosa.errors import Fault, InputError
from speciosa.regimen import Regimen
from speciosa.study.question.schema import Arm as StudyArm
from speciosa.study.question.schema import Fitted, Line, Population, Record, Text
from speciosa.trials.question.layout import Design
from speciosa.trials.question.words import Condition, read_condition, read_hours, read_summary

Strategy = Literal[
    "treatment policy", "hypothetical", "composite", "while on treatment", "principal stratum"
]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
Event = Literal["discontinued", "switch", "rescue", "death"]
DEATH: Strategy = "hypothetical"
"""The strategy for death where none is said."""
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
    "strategies",
    "logistic",
    "negative binomial",
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


class Option(StudyArm):
    """What may follow a first treatment, of a trial of treatment strategies; its doses count from the decision.

    Attributes:
        after: name of the first treatment that it follows; any of them where empty.
        added: whether the first treatment goes on beside it, rather than ending.
    """

    after: Line = ""
    added: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """A treatment strategy: a first treatment, and what follows where it has not helped.

    Attributes:
        name: of the strategy.
        first: number of the first treatment.
        then: arm of the pool that follows; -1 where all go on.
    """

    name: str
    first: int
    then: int


class Measure(Record):
    """What is compared.

    Attributes:
        output: effect of the pharmacology, such as ``pain_nrs`` or ``cows``.
        summary: ``mean difference``, ``responders at -30%``, ``time to event`` or ``rate ratio``.
        event: of a time to event: ``discontinued`` or ``rescue``; of a rate ratio: ``unwanted effect`` or ``rescue``, counted in
            visits.
        at: the visit at which it is read; the last where empty.
        margin: of non-inferiority, in the unit of the comparison; 0 asks for superiority.
        better: ``higher`` or ``lower``, of an output of which the program does not know which way is better.
    """

    output: Line
    summary: Line = "mean difference"
    event: Literal["discontinued", "rescue", "unwanted effect"] = "discontinued"
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
        strategy: by intercurrent event; what is not said has the usual one, see `Trial.met`.
    """

    strategy: Mapping[Event, Strategy] = {}


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
        doses: share of their doses that those take, on average; each dose is taken or not by chance.
        sd: of that share between people, which is a person's own throughout.
    """

    taken: Share = 1.0
    doses: Share = 1.0
    sd: float = Field(0.15, ge=0, le=0.5)


class Blinding(Record):
    """Who finds out what they take, and what that does to the measurement; the true estimand is without it.

    Attributes:
        unblinded: share of people who find out.
        expectation: what it adds to the response to being treated, in units of the endpoint, for the better in those who find
            that they take the drug, for the worse in those of the reference.
    """

    unblinded: float = Field(0.0, ge=0, le=1)
    expectation: float = Field(0.0, ge=0)


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


class Other(Record):
    """Another treatment that people go on with when they stop theirs.

    Attributes:
        to: its doses, counted from the visit after which they stopped.
        share: of those who stop that go on with it; the others take nothing.
    """

    to: Line
    share: Share = 1.0

    @field_validator("to")
    @classmethod
    def _doses_read(cls, text: str) -> str:
        StudyArm(name="switch", regimen=text)
        return text

    @property
    def doses(self) -> Regimen:
        """The same as doses."""
        return StudyArm(name="switch", regimen=self.to).treatment


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
        tipping: of `imputation` by MAR: how much worse than imputed those who left the arm are taken to be, each tried on the
            same trials, to show where the conclusion tips.
    """

    method: Method | None = None
    df: Literal["satterthwaite", "kenward-roger"] = "satterthwaite"
    reference: Literal["MAR", "J2R", "CR", "CIR"] = "J2R"
    imputations: int = Field(20, ge=2, le=1000, strict=True)
    tipping: tuple[float, ...] = Field((), max_length=12)


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
    blinding: Blinding = Blinding()
    options: tuple[Option, ...] = Field((), max_length=12)
    rescue: Rescue | None = None
    switch: Other | None = None
    course: Course = Course()
    analysis: Analysis = Analysis()
    simulation: Simulation = Simulation()
    fitted: tuple[Fitted, ...] = ()

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
        if self.design.kind == "smart":
            return self.design.reference or self.strategies[-1].name
        return self.design.reference or self.arms[-1].name

    def options_after(self, first: str) -> tuple[Option, ...]:
        """What may follow a first treatment."""
        return tuple(option for option in self.options if option.after in ("", first))

    @property
    def strategies(self) -> tuple[Embedded, ...]:
        """The strategies that are embedded in a trial of treatment strategies."""
        found, number = [], len(self.arms)
        for first, arm in enumerate(self.arms):
            options = self.options_after(arm.name)
            if not options:
                found.append(Embedded(arm.name, first, -1))
            for option in options:
                found.append(Embedded(f"{arm.name}, then {option.name}", first, number))
                number += 1
        return tuple(found)

    @property
    def met(self) -> dict[str, str]:
        """The strategy for each intercurrent event of the trial: as said, else the usual one.

        Usual are treatment policy, but hypothetical for death, after which nothing is measured. Rates and times to rescue,
        which are of people under treatment, have while on treatment for those who stop or switch.
        """
        kind = read_summary(self.endpoint.summary).kind
        under = kind == "rate" or (kind == "time" and self.endpoint.event == "rescue")
        usual = "while on treatment" if under else "treatment policy"
        found = {"discontinued": usual}
        if self.switch is not None:
            found["switch"] = usual
        said = {str(event): str(how) for event, how in self.estimand.strategy.items()}
        return {"death": DEATH, **found, **said}

    @property
    def at(self) -> int:
        """The number of the visit at which the endpoint is read, of those since randomisation; the baseline is 0."""
        if self.design.kind == "crossover":
            return self.design.periods
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
        if self.design.kind == "smart":
            return "strategies"
        return {
            "mean": "mmrm" if self.at > 1 else "ancova",
            "responders": "proportion",
            "time": "log-rank",
            "rate": "negative binomial",
        }[kind]
