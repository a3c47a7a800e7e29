"""What a network meta-analysis is computed from: studies as contrasts with their covariance.

Each study carries every pairwise contrast of its arms (row minus column) and the variance of each. That square of
variances fixes the whole covariance of the study's contrasts, so arm-level and contrast-level files end in the
same form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """One arm of a trial as reported; what was not reported is None.

    Attributes:
        treatment: name of the treatment.
        events: people with the event.
        n: people randomised or analysed.
        mean: mean of a continuous outcome.
        sd: its standard deviation.
        se: standard error of the mean, where no `sd` and `n` are given.
        time: person-time, for rates.
        design: design effect of clusters, by which counts, people and person-time were divided.
    """

    treatment: str
    events: float | None = None
    n: float | None = None
    mean: float | None = None
    sd: float | None = None
    se: float | None = None
    time: float | None = None
    design: float = 1.0

    @property
    def people(self) -> float | None:
        """People in the arm, clusters or not; None where not given."""
        return self.n * self.design if self.n else None


@dataclass(frozen=True)
class NetworkStudy:
    """One study: its treatments, all contrasts between them and the variance of each.

    Attributes:
        name: the study's name.
        treatments: its arms, shape ``(m,)``.
        effect: shape ``(m, m)``, row treatment minus column treatment on the analysis scale.
        variance: shape ``(m, m)``, the sampling variance of each contrast; zero on the diagonal.
        arms: the arms as reported, empty where only contrasts were given.
        stated: people that the table states beside contrasts, or beside arms without them.
    """

    name: str
    treatments: tuple[str, ...]
    effect: Matrix
    variance: Matrix
    arms: tuple[Arm, ...] = ()
    stated: float | None = None

    @property
    def people(self) -> float | None:
        """People in all its arms; None where not given."""
        given = [arm.people for arm in self.arms if arm.people is not None]
        return sum(given) if given and len(given) == len(self.arms) else self.stated

    @property
    def design(self) -> str:
        """The treatments compared, sorted: studies of one design estimate the same contrasts."""
        return " : ".join(sorted(self.treatments))

    @cached_property
    def covariance(self) -> Matrix:
        """Covariance of the contrasts against the first arm, shape ``(m - 1, m - 1)``.

        From ``cov(d_k, d_l) = (v_0k + v_0l - v_kl) / 2``, which holds whatever the arms' own variances are.
        """
        first = self.variance[0, 1:]
        result: Matrix = (first[:, None] + first[None, :] - self.variance[1:, 1:]) / 2
        return result

    @cached_property
    def contrasts(self) -> Matrix:
        """Each further arm minus the first, shape ``(m - 1,)``.

        Where published contrasts of three or more arms do not quite add up, they are first reconciled by least
        squares with the weights of the graph-theoretical estimator (Ruecker 2012, doi:10.1002/jrsm.1058).
        """
        if len(self.treatments) == 2:
            return self.effect[1:, 0]
        laplacian = contrast_laplacian(self.variance)
        weights = -laplacian + np.diag(np.diag(laplacian))
        potentials = np.linalg.pinv(laplacian) @ (weights * self.effect).sum(axis=1)
        return np.asarray(potentials[1:] - potentials[0], dtype=float)


def contrast_laplacian(variance: Matrix) -> Matrix:
    """The weighted Laplacian whose effective resistances are the given contrast variances.

    For independent arms its off-diagonal entries are minus the reduced weights of a multi-arm study
    (Ruecker and Schwarzer 2014, doi:10.1002/sim.6236).

    Example:
        >>> contrast_laplacian(np.array([[0.0, 0.5], [0.5, 0.0]])).round(6).tolist()
        [[2.0, -2.0], [-2.0, 2.0]]
    """
    arms = len(variance)
    centre = np.eye(arms) - 1 / arms
    return np.asarray(np.linalg.pinv(-centre @ variance @ centre / 2, hermitian=True), dtype=float)


@dataclass(frozen=True)
class Network:
    """The evidence of one outcome: studies that can be pooled and those that cannot, with the reason.

    Attributes:
        measure: the effect measure, such as ``OR`` (analysed as logs) or ``MD``.
        studies: the studies, in the order of the file.
        excluded: studies that hold no information on this measure, with the reason.
        classes: the class of a treatment, where given.
        notes: what a reader should look at although it is no error.
        cells: the table as read, with ``study`` and, by arm, ``treatment``: where covariates and risks of bias stand.
    """

    measure: str
    studies: tuple[NetworkStudy, ...]
    excluded: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cells: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False, repr=False)

    @cached_property
    def treatments(self) -> tuple[str, ...]:
        """All treatments, sorted by name."""
        return tuple(sorted({name for study in self.studies for name in study.treatments}))

    @cached_property
    def comparisons(self) -> dict[tuple[str, str], list[tuple[float, float]]]:
        """Effect and variance of every head-to-head comparison, under its sorted pair of names."""
        found: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for study in self.studies:
            for i, one in enumerate(study.treatments):
                for j, other in enumerate(study.treatments):
                    if one < other:
                        pair = (float(study.effect[i, j]), float(study.variance[i, j]))
                        found.setdefault((one, other), []).append(pair)
        return found

    @property
    def people(self) -> float | None:
        """People in all its studies; None where one does not state them."""
        given = [study.people for study in self.studies if study.people is not None]
        return sum(given) if given and len(given) == len(self.studies) else None

    @property
    def arm_level(self) -> bool:
        """Whether every study came as arms."""
        return bool(self.studies) and all(study.arms for study in self.studies)
