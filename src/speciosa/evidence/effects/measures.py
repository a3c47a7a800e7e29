"""The measures of effect: what each compares, the columns it needs, and its scale.

Ratios are analysed as logarithms, proportions on a transformed scale; `Measure.natural` takes an estimate back to the
scale a reader knows. Everything that pools (pairwise, network, Bayesian) works on the analysis scale.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speciosa.errors import UnknownNameError

Floats = NDArray[np.float64]
Data = Literal["events", "person_time", "means", "paired", "proportion", "rate", "mean", "given"]
Scale = Literal["identity", "log", "logit", "arcsine", "double arcsine", "square root"]

COLUMNS: dict[Data, tuple[str, ...]] = {
    "events": ("events_t", "n_t", "events_c", "n_c"),
    "person_time": ("events_t", "time_t", "events_c", "time_c"),
    "means": ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c"),
    "paired": ("mean_post", "sd_post", "mean_pre", "sd_pre", "n", "correlation"),
    "proportion": ("events", "n"),
    "rate": ("events", "time"),
    "mean": ("mean", "sd", "n"),
    "given": ("effect", "se"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of effect.

    Attributes:
        code: short name, as on the command line.
        label: what it is, in words.
        data: the kind of data it is computed from, a key of `COLUMNS`.
        scale: how the analysis scale relates to the natural one.
        null: the value of no effect on the analysis scale, None for a measure of one group.
        adds: what is added to the cells of a study with a zero cell unless the user says otherwise.
    """

    code: str
    label: str
    data: Data
    scale: Scale = "identity"
    null: float | None = 0.0
    adds: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it is computed from."""
        return COLUMNS[self.data]

    def natural(self, value: ArrayLike, size: float | None = None) -> Floats:
        """Values on the natural scale; `size` is the harmonic mean n of the double arcsine.

        Example:
            >>> float(measure("RR").natural(0.0))
            1.0
        """
        x = np.asarray(value, dtype=float)
        if self.scale == "log":
            with np.errstate(over="ignore"):
                return np.asarray(np.exp(x))
        if self.scale == "logit":
            return np.asarray(0.5 * (1 + np.tanh(x / 2)))
        if self.scale == "arcsine":
            return np.asarray(np.sin(np.clip(x, 0, np.pi / 2)) ** 2)
        if self.scale == "square root":
            return np.asarray(np.clip(x, 0, None) ** 2)
        if self.scale == "double arcsine":
            return _miller(x, size)
        return x


def _miller(x: Floats, size: float | None) -> Floats:
    """Inverse of the Freeman-Tukey double arcsine (Miller 1978, doi:10.1080/00031305.1978.10479283)."""
    if size is None:
        return np.asarray(np.sin(np.clip(x, 0, np.pi / 2)) ** 2)
    # The transform is half the sum of two arcsines, so that the sum is twice x.
    low = 0.5 * np.arcsin(np.sqrt(1 / (size + 1)))
    t = np.clip(2 * x, 2 * low, np.pi - 2 * low)
    sine = np.sin(t)
    root = np.sqrt(np.clip(1 - (sine + (sine - 1 / sine) / size) ** 2, 0, None))
    return np.asarray(np.clip(0.5 * (1 - np.sign(np.cos(t)) * root), 0, 1))


_ALL = (
    Measure("RR", "risk ratio", "events", "log", adds=0.5),
    Measure("OR", "odds ratio", "events", "log", adds=0.5),
    Measure("RD", "risk difference", "events", adds=0.5),
    Measure("AS", "arcsine risk difference", "events"),
    Measure("PETO", "Peto odds ratio", "events", "log", adds=0.5),
    Measure("PHI", "phi coefficient", "events"),
    Measure("YUQ", "Yule's Q", "events", adds=0.5),
    Measure("RTET", "tetrachoric correlation", "events"),
    Measure("IRR", "incidence rate ratio", "person_time", "log", adds=0.5),
    Measure("IRD", "incidence rate difference", "person_time", adds=0.5),
    Measure("IRSD", "square-root incidence rate difference", "person_time"),
    Measure("MD", "mean difference", "means"),
    Measure("SMD", "standardised mean difference (Hedges' g)", "means"),
    Measure("SMDH", "standardised mean difference, unequal variances", "means"),
    Measure("ROM", "ratio of means", "means", "log"),
    Measure("VR", "ratio of standard deviations", "means", "log"),
    Measure("CVR", "ratio of coefficients of variation", "means", "log"),
    Measure("MC", "mean change", "paired"),
    Measure("SMCC", "mean change standardised by the SD of the change", "paired"),
    Measure("SMCR", "mean change standardised by the SD before", "paired"),
    Measure("ROMC", "ratio of means after and before", "paired", "log"),
    Measure("PR", "proportion", "proportion", null=None, adds=0.5),
    Measure("PLN", "proportion (log)", "proportion", "log", None, 0.5),
    Measure("PLO", "proportion (logit)", "proportion", "logit", None, 0.5),
    Measure("PAS", "proportion (arcsine)", "proportion", "arcsine", None),
    Measure("PFT", "proportion (double arcsine)", "proportion", "double arcsine", None),
    Measure("IR", "incidence rate", "rate", null=None, adds=0.5),
    Measure("IRLN", "incidence rate (log)", "rate", "log", None, 0.5),
    Measure("IRS", "incidence rate (square root)", "rate", "square root", None),
    Measure("MN", "mean", "mean", null=None),
    Measure("MNLN", "mean (log)", "mean", "log", None),
    Measure("HR", "hazard ratio", "given", "log"),
    Measure("GEN", "effect as given", "given"),
)
MEASURES: dict[str, Measure] = {one.code: one for one in _ALL}


def measure(code: str) -> Measure:
    """The measure of that code, in any case.

    Raises:
        UnknownNameError: no measure has this code.

    Example:
        >>> measure("rr").label
        'risk ratio'
    """
    found = MEASURES.get(code.strip().upper())
    if found is None:
        raise UnknownNameError("measure", code, MEASURES)
    return found
