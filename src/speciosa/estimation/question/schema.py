"""What a fit file says, as small frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from speciosa.estimation.question.expression import Expression
from speciosa.model import Equations

Scale = Literal["log-normal", "normal", "logit-normal", "box-cox"]
METHODS = ("FO", "FOCE", "FOCEI", "LAPLACE", "AGQ", "IMP", "SAEM", "NUTS")
MOST_NODES = 100_000
"""Of quadrature, of each subject: a judgement of what can be had."""
KINDS: dict[str, tuple[str, ...]] = {
    "additive": ("additive",),
    "proportional": ("proportional",),
    "combined": ("additive", "proportional"),
    "combined1": ("additive", "proportional"),
    "power": ("proportional", "exponent"),
    "log-additive": ("additive",),
    "binary": (),
    "ordered": (),
    "poisson": (),
    "negative-binomial": ("overdispersion",),
    "events": (),
}
"""Residual models and the names of their parameters."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the model.

    Attributes:
        name: as in the file.
        start: typical value, without covariates.
        covariates: what the typical value is multiplied with.
        between: start of the variance between individuals, 0 for none.
        occasion: start of the variance between occasions of one individual.
        scale: on which individuals vary.
        fixed: whether the typical value is not estimated.
        fixed_between: whether the variances are not estimated.
        shape: of the Box-Cox scale; 1 is a normal, near 0 a log-normal.
    """

    name: str
    start: float
    covariates: Expression | None = None
    between: float = 0.0
    occasion: float = 0.0
    scale: Scale = "log-normal"
    fixed: bool = False
    fixed_between: bool = False
    shape: float = 1.0


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The residual model of one endpoint.

    Attributes:
        name: of the endpoint.
        kind: see `KINDS`.
        starts: of its parameters, in the order of `KINDS`; of ordered categories the thresholds.
        fixed: whether they are not estimated.
        output: of a model of the user's own, what is observed; None for the one that is named like the endpoint.
        lloq: below it an observation is censored; None for no limit.
        logged: whether DV holds logarithms.
        dvid: which records it takes, None for all.
    """

    name: str
    kind: str
    starts: tuple[float, ...]
    fixed: bool = False
    output: str | None = None
    lloq: float | None = None
    logged: bool = False
    dvid: float | str | None = None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of its parameters, as in results."""
        if self.kind == "ordered":
            return tuple(f"{self.name}.threshold{k + 1}" for k in range(len(self.starts)))
        return tuple(f"{self.name}.{one}" for one in KINDS.get(self.kind, ()))


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a number before the data.

    Attributes:
        sd: on the scale of estimation (a logarithm of log-normal parameters and of residual standard deviations); of ``omega2`` and
            ``pi2`` the scale of the half-normal prior of the standard deviation.
        mean: in the number's own unit; None for its start.
    """

    sd: float
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An effect of a covariate that a stepwise search may take.

    Attributes:
        parameter: whose typical value it multiplies.
        covariates: the factor.
        coefficients: starts of the coefficients that are its own.
    """

    parameter: str
    covariates: Expression
    coefficients: Mapping[str, float]

    def __str__(self) -> str:
        return f"{self.parameter}: {self.covariates.text}"


@dataclass(frozen=True, slots=True)
class DataFile:
    """Which data set, and what its columns mean.

    Attributes:
        file: where it is.
        rename: names in the file, by the standard name each stands for.
        ignore: as for `speciosa.exchange.read_nonmem`.
        drop: columns that are not read.
        occasion: column that counts occasions.
        carry: when a covariate changes.
        repeat_ids: what an ID that comes again is.
        compartments: names of dose targets by CMT, of a model of the user's own.
    """

    file: Path
    rename: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ("@",)
    drop: tuple[str, ...] = ()
    occasion: str | None = None
    carry: Literal["locf", "nocb"] = "locf"
    repeat_ids: Literal["refuse", "separate"] = "refuse"
    compartments: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimation:
    """How to estimate.

    Attributes:
        method: one of `METHODS`.
        maximise: False evaluates at the starts.
        covariance: of the estimates: R, S, RSR or none.
        seed: of all random numbers.
        nodes: of AGQ in each random effect.
        samples: of IMP for each subject, and of the likelihood beside every fit with more than two random effects.
        iterations: of SAEM, with full steps and with falling ones.
        profile: names of numbers whose interval by profile likelihood is wanted.
        draws, tune, chains: of NUTS: draws of each chain, those before them in which it learns, and how many chains.
        threads: that solve a model with differential equations; 0 for all processors.
        bootstrap: replicates of a bootstrap by subject; 0 for none.
        starts: how many: the first as written, others scattered about it.
    """

    method: str = "FOCEI"
    maximise: bool = True
    covariance: str = "RSR"
    seed: int = 1
    nodes: int = 9
    samples: int = 300
    starts: int = 1
    bootstrap: int = 0
    iterations: tuple[int, int] = (200, 100)
    threads: int = 0
    draws: int = 500
    tune: int = 500
    chains: int = 4
    profile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """All that a fit file says.

    Attributes:
        title: in words.
        data: the data set.
        structure: name of a compartment model; empty where there are equations.
        equations: a model of the user's own.
        parameters: of the model.
        coefficients: of covariates, by name.
        fixed_coefficients: those that are not estimated.
        blocks: names of parameters whose random effects are correlated.
        covariances: starts of covariances within blocks, by pair.
        errors: of the endpoints.
        estimation: how.
        priors: of NUTS, by name as in results.
        candidates: of a stepwise search of covariates; none for no search.
        forward, backward: p below which a candidate goes in, and above which it goes out.
        lkj: shape of the prior of correlations; 1 is uniform.
        text: the file as it was read.
        library: of a substance of the library, by the name of a parameter here its name there; empty for other models.
    """

    title: str
    data: DataFile
    structure: str
    equations: Equations | None
    parameters: tuple[Parameter, ...]
    coefficients: Mapping[str, float]
    fixed_coefficients: frozenset[str]
    blocks: tuple[tuple[str, ...], ...]
    covariances: Mapping[tuple[str, str], float]
    errors: tuple[ErrorModel, ...]
    estimation: Estimation
    priors: Mapping[str, Prior] = field(default_factory=dict)
    lkj: float = 2.0
    candidates: tuple[Candidate, ...] = ()
    forward: float = 0.05
    backward: float = 0.01
    text: str = ""
    library: Mapping[str, str] = field(default_factory=dict)
