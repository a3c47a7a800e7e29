"""Typed records of the fact base: one class a kind of fact, one field a column of its file.

These classes are the single place where a column, its type and its allowed words are defined: the files are read with
their types, and the audit validates every row against them. Empty cells are ``None`` for numbers and ``""`` for text.
`Checked` tells what became of a fact when it was compared with its source; see ``speciosa.facts.checks``.
"""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Seen = Literal["fulltext", "abstract", "repository", "recall"]
"""How a number was seen: text or table of the source; its abstract or an excerpt; a public transcription; memory."""

Checked = Literal["confirmed", "corrected", "unconfirmed", "recalled"]
Statistic = Literal["mean", "median", "geomean", "typical", "iiv_omega", "single"]
SpreadType = Literal["none", "sd", "se", "cv%", "range", "iqr", "ci90", "ci95", "unstated"]
LegalState = Literal[
    "legal", "regulated", "age_limited", "prescription", "banned", "scheduled", "import_banned", "unclear",
]  # fmt: skip
Verdict = Literal["supported", "mixed", "not established", "contradicted"]

SEEN: tuple[str, ...] = get_args(Seen)
POINT_SPREADS = ("sd", "se", "cv%")
INTERVAL_SPREADS = ("range", "iqr", "ci90", "ci95")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


Number = Annotated[float | None, BeforeValidator(_empty_is_none)]
Count = Annotated[int | None, BeforeValidator(_empty_is_none)]
Text = Annotated[str, BeforeValidator(_none_is_empty)]


class Record(BaseModel):
    """A row of a fact file, frozen; every fact has an id and says how it was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

    id: str = Field(min_length=1)
    note: Text = ""
    original: Text = ""
    checked: Text = ""


class Fact(Record):
    """A record that stands on one or more references."""

    reference: str = Field(min_length=1)
    location: Text = ""
    seen: Seen

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references, in the order written."""
        return split(self.reference)


class Measured(Fact):
    """A fact with a value, a unit, a statistic and a spread."""

    value: Number = None
    unit: Text = ""
    statistic: Statistic
    spread_type: SpreadType = "none"
    spread: Number = None
    spread_low: Number = None
    spread_high: Number = None
    n: Count = None

    @model_validator(mode="after")
    def _spread_fits_its_type(self) -> "Measured":
        ends = (self.spread_low, self.spread_high)
        if self.spread_type in POINT_SPREADS and (self.spread is None or ends != (None, None)):
            raise ValueError(f"spread: {self.spread_type} needs one number in spread and no ends")
        if self.spread_type in INTERVAL_SPREADS and (self.spread is not None or None in ends):
            raise ValueError(f"spread_low: {self.spread_type} needs spread_low and spread_high")
        if self.spread_type == "none" and (self.spread, *ends) != (None, None, None):
            raise ValueError("spread_type: a spread is given but its type is none")
        return self

    @property
    def printed_spread(self) -> str:
        """The spread as one text: ``4.5``, ``3.1-4.5`` or nothing."""
        if self.spread is not None:
            return f"{self.spread:g}"
        if self.spread_low is not None and self.spread_high is not None:
            return f"{self.spread_low:g} to {self.spread_high:g}"
        return ""


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
    """

    place: str
    code: str = Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    substance: str
    scope: Text = ""
    status: LegalState
    since: Text = ""
    source: str = Field(min_length=1)
    as_of: Text = ""
    seen: Seen
    confidence: Literal["high", "moderate", "low"]

    @model_validator(mode="after")
    def _dated(self) -> "LegalStatus":
        for name in ("since", "as_of"):
            value = getattr(self, name)
            if value and not _DATE.fullmatch(value):
                raise ValueError(f"{name}: a date YYYY, YYYY-MM or YYYY-MM-DD is needed")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The source as written: documents of the day, which are not entries of the bibliography."""
        return (self.source,)


class WithdrawalShare(Fact):
    """Shares of patients by grade of withdrawal in a trial arm over a span of days."""

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


class Question(Fact):
    """What is not known, or where sources disagree, about one or more substances."""

    substances: str
    kind: Literal["missing", "conflict", "limit"]
    question: str


class Check(BaseModel):
    """What became of a fact when it was compared with its source."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fact: str
    column: Text = ""
    verdict: Literal["confirmed", "corrected", "unconfirmed"]
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


class Restatement(BaseModel):
    """A fact that says again what another says: the same measurement, collected twice. It is no second witness."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fact: str
    same_as: str
    why: str = Field(min_length=10)


def split(text: str) -> tuple[str, ...]:
    """The parts of a list written with semicolons.

    Example:
        >>> split("a; b ;c")
        ('a', 'b', 'c')
    """
    return tuple(part.strip() for part in text.split(";") if part.strip())
