"""Typed records of the fact base: one class a kind of fact, one field a column of its file.

These classes are the single place where a column, its type and its allowed words are defined: the files are read with
their types, and the audit validates every row against them. What they have in common is in ``record``.
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speciosa.facts.record import Count, Fact, Measured, Number, Record, Seen, Text, split

LegalState = Literal[
    "legal", "regulated", "age_limited", "prescription", "sale_banned", "banned", "scheduled", "import_banned", "unclear",
]  # fmt: skip
Verdict = Literal["supported", "mixed", "not established", "contradicted"]

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class Parameter(Measured):
    """A number that describes a substance in a system, such as a clearance or an affinity.

    `bound` says that the source prints only that the value lies above (``lower``) or below (``upper``). `role` is what
    the collector meant the row for, such as ``recommended`` or ``crosscheck``; what the models take is in the sheets.
    """

    substance: Text = ""
    system: str
    parameter: str
    bound: Literal["", "lower", "upper"] = ""
    species: Text = ""
    assay: Text = ""
    role: Text = ""


class Observation(Measured):
    """A statistic observed in a study after a regimen; `at` is a time, or a threshold with a time."""

    study: str
    substance: str
    analyte: str
    population: Text = ""
    regimen: Text = ""
    dose: Text = ""
    dose_unit: Text = ""
    route: Text = ""
    formulation: Text = ""
    metric: str
    at: Text = ""


class StudyResult(Fact):
    """One result of a study: a contrast, or what happened in its arms (t: intervention, c: comparator)."""

    study: str
    year: Count = None
    design: str
    n: Count = None
    population: Text = ""
    substances: Text = ""
    intervention: str
    comparator: Text = ""
    outcome: str
    timepoint: Text = ""
    effect_measure: str
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    events_t: Number = None
    n_t: Number = None
    events_c: Number = None
    n_c: Number = None
    mean_t: Number = None
    sd_t: Number = None
    mean_c: Number = None
    sd_c: Number = None
    risk_of_bias: Text = ""


class TrialArm(Fact):
    """One arm of a trial in one of the networks that are pooled."""

    network: str
    study: str
    year: Count = None
    arm: int
    arm_label: str
    treatment: str
    substance: Text = ""
    outcome: str
    timepoint: Text = ""
    events: Number = None
    n: Count = None
    mean: Number = None
    sd: Number = None


class Risk(Fact):
    """How often something happens, or how much more often; `measure` says of what kind the rate is."""

    substances: Text = ""
    exposure: str
    outcome: str
    domain: str
    population: Text = ""
    rate: float
    measure: str
    unit: str
    ci_low: Number = None
    ci_high: Number = None
    events: Number = None
    denominator: Number = None
    period: Text = ""
    design: Text = ""
    comparator: Text = ""
    confidence: Literal["high", "moderate", "low"]


class Claim(Record):
    """A statement about kratom with its verdict; `confidence` is how sure the verdict is, 0 to 1."""

    claim: str
    article_section: Text = ""
    kind: str
    evidence_supporting: Text = ""
    evidence_contradicting: Text = ""
    verdict: Verdict
    confidence: float = Field(ge=0, le=1)
    references: Text = ""
    tables: Text = ""
    seen: Seen

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references, then the fact tables that the verdict rests on."""
        return split(self.references) + split(self.tables)


class LegalStatus(Record):
    """What holds for a substance in a place, since when, and on which day that was true.

    Dates are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, as exact as they are known; ``""`` is unknown.

    Attributes:
        status: what holds; ``legal`` says that no statute or order of the place itself was found.
        since, expires: from when it holds, and when it ends by itself (an emergency rule).
        pending_status, pending_from: what is enacted and will hold, and from when.
        citation: the statute or order, or that a search found none.
        as_of: the latest day on which the source says that it was so.
        looked_up_on: the day on which somebody last looked; ``""`` if nobody has since the row was collected.
    """

    place: str
    code: str = Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    substance: str
    scope: Text = ""
    status: LegalState
    since: Text = ""
    expires: Text = ""
    pending_status: LegalState | Literal[""] = ""
    pending_from: Text = ""
    citation: Text = ""
    source: str = Field(min_length=1)
    as_of: str = Field(min_length=4)
    looked_up_on: Text = ""
    seen: Seen
    confidence: Literal["high", "moderate", "low"]

    @model_validator(mode="after")
    def _dated(self) -> "LegalStatus":
        for name in ("since", "expires", "pending_from", "as_of", "looked_up_on"):
            value = getattr(self, name)
            if value and not _DATE.fullmatch(value):
                raise ValueError(f"{name}: a date YYYY, YYYY-MM or YYYY-MM-DD is needed")
        if self.pending_from and not self.pending_status:
            raise ValueError("pending_status: what will hold from pending_from is needed")
        if self.looked_up_on and not self.citation:
            raise ValueError("citation: the statute or order, or that none was found, is needed")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The source as written: documents of the day, which are not entries of the bibliography."""
        return (self.source,)


class WithdrawalShare(Fact):
    """Shares of assessments by grade of withdrawal in a trial arm over a span of days; a person counts once each time."""

    trial: str
    arm: str
    when: str
    day_from: Count = None
    day_to: Count = None
    n: int = Field(gt=0)
    frac_none: float = Field(ge=0, le=1)
    frac_mild: float = Field(ge=0, le=1)
    frac_moderate: float = Field(ge=0, le=1)
    frac_severe: float = Field(ge=0, le=1)
    scale: str


class Scale(Fact):
    """A property of a clinical scale or endpoint: its range, its bands, what change of it matters, its precision."""

    name: str
    property: str
    statement: str
    low: Number = None
    high: Number = None


class Planning(Fact):
    """What a trial is planned with: who completes, how much people vary, which effects to expect."""

    topic: Literal["completion", "standard deviation", "anchor effect"]
    setting: str
    arm: Text = ""
    quantity: str
    value: Number = None
    unit: Text = ""
    sd: Number = None
    low: Number = None
    high: Number = None
    events: Number = None
    n: Count = None


TrialState = Literal[
    "registered", "not yet recruiting", "recruiting", "active, not recruiting", "completed", "completed, results posted",
]  # fmt: skip


class RegisteredTrial(Fact):
    """A trial in a registry, of which there is no paper yet: what is under way, in words of our own.

    Attributes:
        registry: the number in the registry, such as ``NCT06072170``.
        n: people planned, or included once the trial is completed.
        claims: ids of the claims that its result would bear on.
        as_of: the day on which the record said so; `looked_up_on` when somebody last looked.
    """

    registry: str = Field(pattern=r"^(NCT\d{8}|ACTRN\d{14}|ISRCTN\d{8}|\d{4}-\d{6}-\d{2})$")
    title: str
    status: TrialState
    phase: Text = ""
    n: Count = None
    population: Text = ""
    substances: Text = ""
    intervention: str
    comparator: Text = ""
    outcomes: Text = ""
    sponsor: Text = ""
    starts: Text = ""
    ends: Text = ""
    claims: Text = ""
    results: Text = ""
    as_of: str = Field(min_length=4)
    looked_up_on: str = Field(min_length=10)


SafetyTopic = Literal[
    "pregnancy and the newborn", "driving", "alcohol and sedatives", "serotonin toxicity", "liver", "heart",
    "bleeding", "kidney", "falls", "low sodium", "contamination and variability", "overdose response",
]  # fmt: skip


class SafetyNote(Fact):
    """What is known of the safety of one or more substances under a topic, in words of our own.

    Attributes:
        substances: ids; a class such as ``opioid`` speaks of each of its members.
        rows: ids of the facts that hold the numbers.
    """

    topic: SafetyTopic
    substances: str = Field(min_length=1)
    statement: str = Field(min_length=20)
    rows: Text = ""


class Question(Fact):
    """What is not known, or where sources disagree, about one or more substances."""

    substances: str
    kind: Literal["missing", "conflict", "limit"]
    question: str


class Check(BaseModel):
    """What became of a fact when it was compared with its source.

    ``confirmed`` needs a record of what was compared (`Confirmation`); ``compared`` says that it was found as printed
    on that day, but that nothing was kept by which another could tell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fact: str
    column: Text = ""
    verdict: Literal["confirmed", "compared", "corrected", "unconfirmed"]
    old: Text = ""
    new: Text = ""
    reference: Text = ""
    location: Text = ""
    seen: Text = ""
    date: Text = ""
    note: Text = ""


class Selection(BaseModel):
    """Which fact the models take for a quantity of a substance, and why in one sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    substance: str
    quantity: str
    fact: str
    why: str = Field(min_length=10)


class Search(BaseModel):
    """What was searched for, where and when, so that "none found" has a date; places are registries and bibliographies."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    on: str = Field(min_length=10)
    question: str = Field(min_length=10)
    places: str = Field(min_length=5)
    terms: str
    found: str = Field(min_length=4)
    claims: Text = ""


class Restatement(BaseModel):
    """A fact that says again what another says: the same measurement, collected twice. It is no second witness."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fact: str
    same_as: str
    why: str = Field(min_length=10)
