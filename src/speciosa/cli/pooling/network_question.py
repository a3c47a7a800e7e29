"""What `speciosa nma` is asked: how a network is pooled, its posterior, and what is added to its effects."""

from dataclasses import dataclass, field

MANTEL_HAENSZEL = "MH"


@dataclass(frozen=True, slots=True)
class Pooling:
    """How a network is pooled and shown."""

    method: str
    model: str
    reference: str | None
    small_values: str
    level: float
    tau2_covariance: str

    @property
    def by_mantel_haenszel(self) -> bool:
        """Whether counts are pooled without heterogeneity."""
        return self.method.upper() == MANTEL_HAENSZEL

    @property
    def estimator(self) -> str:
        """Of tau2; DerSimonian and Laird's where Mantel and Haenszel's method has none."""
        return "DL" if self.by_mantel_haenszel else self.method.upper()


@dataclass(frozen=True, slots=True)
class Posterior:
    """The likelihood of a posterior, its priors and its sampler."""

    likelihood: str
    effect_sd: float
    tau_sd: float
    tau_prior: str
    classes: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Additions:
    """Models and tests beside the effects, each only where it is asked for."""

    components: str = ""
    inactive: str | None = None
    node_split: list[str] = field(default_factory=list)
    covariate: str = ""
    interaction: str = "common"
    at: float | None = None
    tau2_by: str = ""
    mid: float | None = None
