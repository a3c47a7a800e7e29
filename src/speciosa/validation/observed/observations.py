"""Observed statistics of human studies: what a row holds, and the words it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from speciosa.errors import Fault
from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.effect.effects import OUTPUTS
from speciosa.regimen import Regimen
from speciosa.validation.observed.timing import At

EXPOSURE_METRICS = (
    "Cmax",
    "Tmax",
    "Cmin",
    "Css_avg",
    "AUC0-inf",
    "AUC0-t",
    "AUC_tau",
    "t_half",
    "CL",
    "CL_F",
    "Vss",
    "Vz",
    "Vz_F",
    "F_absolute",
    "concentration",
)
DIFFERENCE = "difference"
"""Of effects: the average under `doses` minus that under `versus`, at the same hours."""

SHARE_GE = "share_ge"
"""Of effects: the share of patients at or above a threshold."""
RESPONDERS = "responders"
"""Of scores that are better low: the share of patients whose average lies at least a share (the threshold) below the score at
the start; with `versus`, how much larger that share is."""

PER_DOSE = "_per_dose"
"""Of concentrations and areas: divided by the dose."""

NORMAL = frozenset(
    {
        "minute_ventilation",
        "respiratory_rate",
        "petco2_mmhg",
        "pupil_diameter_mm",
        "pain_nrs",
        "acute_pain_nrs",
        "pain_tolerance_ratio",
        "withdrawal_activity",
    }
)
"""Effects that have a normal value without any drug, about which studies differ less than about a score."""
NORMALISED = (
    "Cmax",
    "Cmin",
    "Css_avg",
    "AUC0-inf",
    "AUC0-t",
    "AUC_tau",
    "concentration",
)
"""Exposures that are reported per dose."""

EFFECT_METRICS = ("value", "change", "nadir", "peak", SHARE_GE, RESPONDERS, DIFFERENCE)
RATIO = "_ratio"
METRICS = (
    *EXPOSURE_METRICS,
    *(name + RATIO for name in EXPOSURE_METRICS),
    *(name + PER_DOSE for name in NORMALISED),
    *(name + PER_DOSE + RATIO for name in NORMALISED),
    *EFFECT_METRICS,
)
EFFECTS = {name: output.unit for name, output in OUTPUTS.items()}
"""Every effect that a model can give, and its unit."""

COLUMNS = (
    "id",
    "study",
    "population",
    "n",
    "doses",
    "versus",
    "covariates",
    "analyte",
    "metric",
    "at",
    "statistic",
    "value",
    "unit",
    "spread_type",
    "spread",
    "reference",
    "location",
    "seen",
    "split",
    "trials",
)
REQUIRED = ("id", "doses", "analyte", "metric", "value", "unit")
MOST_AVERAGED = 0.25
"""What trials differ by is at best quartered by pooling: the dose and drug that stand for a review are a choice."""

STATISTICS = ("mean", "median", "geomean", "single")
SPREADS = ("sd", "se", "cv%", "range", "iqr", "ci90", "ci95", "unstated", "none")

Statistic = Literal["mean", "median", "geomean", "single"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One observed statistic, checked.

    `regimen` is what was given to the `patient` and `versus` what it is compared with, in the patient `against` where the
    compared group is another one.
    """

    id: str
    regimen: Regimen
    versus: Regimen | None
    patient: Description
    analyte: str
    metric: str
    at: At
    statistic: Statistic
    value: float
    unit: str
    n: int | None = None
    study: str = ""
    split: str = ""
    reference: str = ""
    spread_type: str = "none"
    spread: str = ""
    trials: int = 1
    against: Description | None = None

    @property
    def averaging(self) -> float:
        """What a fit takes a row that pools trials to differ by, over what a single trial does: 1 over the root of their number."""
        return float(max(self.trials**-0.5, MOST_AVERAGED))

    @property
    def is_effect(self) -> bool:
        """Whether the analyte is an effect rather than a plasma concentration."""
        return self.analyte in EFFECTS

    @property
    def is_ratio(self) -> bool:
        """Whether the metric compares two regimens."""
        return self.metric.endswith(RATIO)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of patients, or how much two such shares differ."""
        return self.metric in {SHARE_GE, RESPONDERS}

    @property
    def is_contrast(self) -> bool:
        """Whether the metric is one arm less another, at the same hours."""
        return self.metric == DIFFERENCE or (self.metric == RESPONDERS and self.versus is not None)

    @property
    def base_metric(self) -> str:
        """The metric without ``_ratio`` and ``_per_dose``."""
        return self.metric.removesuffix(RATIO).removesuffix(PER_DOSE)

    @property
    def per_dose(self) -> bool:
        """Whether the exposure is divided by the dose."""
        return self.metric.removesuffix(RATIO).endswith(PER_DOSE)

    @property
    def substances(self) -> tuple[str, ...]:
        """The plasma analytes that are needed: one, or metabolite and parent."""
        return () if self.is_effect else tuple(part.strip() for part in self.analyte.split("/"))


@dataclass(frozen=True, slots=True)
class ObservationFile:
    """What a file of observations holds: rows that can be used, and the faults of those that cannot."""

    rows: tuple[Observation, ...]
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)

    def split(self, name: str) -> "ObservationFile":
        """The rows with this value of ``split``."""
        return ObservationFile(tuple(row for row in self.rows if row.split == name), self.faults)
