"""What a fit found."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.marginal import Marginal
from speciosa.estimation.question.schema import Question
from speciosa.estimation.stepwise import Step

if TYPE_CHECKING:
    import polars as pl

    from speciosa.estimation.event_times import Course, Times
    from speciosa.model import Model
    from speciosa.population import Covariate, Population


@dataclass(frozen=True)
class Estimate:
    """One number of a fit.

    Attributes:
        value: of it.
        se: standard error; NaN where there is none.
        low, high: ends of the 95% interval (Wald's, on the scale on which the number is estimated: a logarithm for typical
            values of log-normal parameters, standard deviations and variances); NaN where there is none.
        fixed: whether it was not estimated.
    """

    value: float
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    fixed: bool = False

    @property
    def rse(self) -> float:
        """Standard error as a share of the value's size."""
        return self.se / abs(self.value) if self.value else math.nan


@dataclass(frozen=True)
class SubjectFit:
    """One subject.

    Attributes:
        id: as in the data.
        objective: what the subject adds to the objective.
        effects: random effects at their mode, by name; those of occasions as ``CL@1``.
    """

    id: float
    objective: float
    effects: Mapping[str, float]


@dataclass(frozen=True)
class Fit:
    """What a fit found.

    Attributes:
        question: what was asked.
        objective: minus twice the log likelihood, without ``N log 2 pi`` of the Gaussian observations that are not censored.
        gaussian: how many these are.
        observations: how many there are in all.
        numbers: estimates by name.
        omega: covariance between individuals, rows as in `varying`.
        varying: names of the parameters with random effects between individuals.
        pi: covariance between occasions.
        changing: names of the parameters with random effects of occasions.
        references: median over the subjects of each covariate.
        covariance: of the estimates, in the order of `estimated`; None where there is none.
        estimated: names of what was estimated.
        subjects: each subject.
        likelihood: the likelihood itself at the estimates, by which fits of different methods can be compared; None where it could
            not be worked out.
        eta_shrinkage: 1 less the standard deviation of the modes as a share of omega, by parameter.
        eps_shrinkage: 1 less the standard deviation of the weighted individual residuals; NaN without any.
        predictions: of each observation ``id``, ``time``, ``endpoint``, ``dv``, ``pred``, ``ipred``, ``ires``, ``iwres``,
            ``cwres``.
        converged: whether gradient and promised decrease were within their limits; True for an evaluation.
        gradient_max: largest scaled derivative of the objective.
        rounds: of the search.
        condition: ratio of largest to smallest eigenvalue of the correlations of the estimates.
        monte_carlo_error: standard error of the objective where it rests on random numbers, otherwise NaN.
        effective: the smallest number of random nodes that count for a subject, otherwise NaN.
        starts: objective at the end of each start, NaN where one failed.
        bootstrap: estimates of each replicate of a bootstrap that converged, one column a number; without rows where none was
            asked for.
        profile: ends of 95% intervals by profile likelihood, of the numbers that were asked for.
        draws: of NUTS, the numbers of each draw of the posterior; None of other methods.
        sampling: of NUTS, how far its draws can be trusted.
        steps: of a stepwise search of covariates, every fit.
        seconds: processor time.
        joint: the model with its data.
        coordinates: the estimates as they were searched.
        warnings: what a reader must know.
    """

    question: Question
    objective: float
    gaussian: int
    observations: int
    numbers: Mapping[str, Estimate]
    omega: Floats
    varying: tuple[str, ...]
    pi: Floats
    changing: tuple[str, ...]
    references: Mapping[str, float]
    covariance: Floats | None
    estimated: tuple[str, ...]
    subjects: tuple[SubjectFit, ...]
    likelihood: Marginal | None
    eta_shrinkage: Mapping[str, float]
    eps_shrinkage: float
    predictions: "pl.DataFrame"
    converged: bool
    gradient_max: float
    rounds: int
    condition: float
    monte_carlo_error: float
    effective: float
    starts: tuple[float, ...]
    bootstrap: "pl.DataFrame"
    seconds: float
    warnings: tuple[str, ...]
    joint: Joint = field(repr=False)
    coordinates: Floats = field(repr=False)
    profile: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    draws: "pl.DataFrame | None" = field(default=None, repr=False)
    sampling: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def method(self) -> str:
        """By which the likelihood was approximated."""
        return self.question.estimation.method

    @property
    def neg2loglik(self) -> float:
        """Minus twice the log likelihood with all constants."""
        return self.objective + self.gaussian * math.log(2 * math.pi)

    @cached_property
    def estimates(self) -> "pl.DataFrame":
        """One row a number: name, value, se, rse, low, high, fixed."""
        import polars as pl

        rows = [
            {"name": n, "value": e.value, "se": e.se, "rse": e.rse, "low": e.low, "high": e.high, "fixed": e.fixed}
            for n, e in self.numbers.items()
        ]  # fmt: skip
        return pl.DataFrame(rows, infer_schema_length=None).with_columns(
            pl.col("se", "rse", "low", "high").fill_nan(None)
        )

    @cached_property
    def subject_table(self) -> "pl.DataFrame":
        """One row a subject: id, objective and its random effects."""
        import polars as pl

        rows = [
            {"id": s.id, "objective": s.objective} | {f"eta.{k}": v for k, v in s.effects.items()}
            for s in self.subjects
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def simulated(self, replicates: int = 200) -> Floats:
        """Data sets simulated at the design of the data, ``(replicates, observations)``; see `estimation.simulated`."""
        from speciosa.estimation.simulated import simulated_values

        seed = self.question.estimation.seed
        return simulated_values(self.joint, self.coordinates, replicates, seed)

    def simulated_table(self, replicates: int = 200) -> "pl.DataFrame":
        """The same as a table: replicate, id, time, endpoint, value; of times to events 1 at each, and 0 where a subject's end."""
        import polars as pl

        from speciosa.estimation.event_times import course_of, event_table

        values = self.simulated(replicates)
        design = self.predictions.select("id", "time", "endpoint")
        whole = pl.concat([design] * replicates).with_columns(
            replicate=pl.Series(np.repeat(np.arange(replicates), len(design))),
            value=pl.Series(values.ravel()),
        )
        seen = whole.filter(pl.col("value").is_finite())
        course = course_of(self.joint)
        if course is None:
            return seen
        events = event_table(course, self._simulated_times(course, replicates), self.joint)
        return pl.concat([seen, events.select(seen.columns).cast(seen.schema)])

    def _simulated_times(self, course: "Course", replicates: int) -> "list[Times]":
        from speciosa.estimation.event_times import simulated_times

        seed = self.question.estimation.seed
        return simulated_times(self.joint, course, self.coordinates, replicates, seed)

    def vpc(
        self, replicates: int = 200, *, bins: int = 8, corrected: bool = False
    ) -> "pl.DataFrame":
        """A visual predictive check, prediction-corrected if asked for; see `estimation.checked.predictive_check`.

        Of times to events it has survival curves, see `estimation.event_times.event_check`.
        """
        import polars as pl

        from speciosa.estimation.checked import predictive_check
        from speciosa.estimation.event_times import course_of, event_check

        typical = self.predictions["pred"].to_numpy()
        found = predictive_check(
            self.joint, self.simulated(replicates), typical, bins=bins, corrected=corrected
        )
        course = course_of(self.joint)
        if course is None:
            return found
        events = event_check(course, self._simulated_times(course, replicates))
        return pl.concat([found, events], how="diagonal_relaxed")

    def npde(self, replicates: int = 500) -> Floats:
        """Normalised prediction distribution errors of the measurements, see `estimation.checked.discrepancies`; NaN of others."""
        from speciosa.estimation.checked import discrepancies

        seed = self.question.estimation.seed
        return discrepancies(self.joint, self.simulated(replicates), seed)

    def model(self) -> "Model":
        """The fitted model, with variability and uncertainty, for `speciosa.simulate`; see `estimation.onward.fitted_model`."""
        from speciosa.estimation.onward import fitted_model

        return fitted_model(self)

    def population(
        self, covariates: "Mapping[str, Covariate] | None" = None, seed: int = 0
    ) -> "Population":
        """People as the fit describes them; see `estimation.onward.fitted_population`."""
        from speciosa.estimation.onward import fitted_population

        return fitted_population(self, covariates, seed)

    def in_library(self) -> dict[str, Any] | None:
        """What a study takes from a fit of a substance: its numbers by their names in the library; None of other models."""
        from speciosa.estimation.onward import in_library

        return in_library(self)

    def as_dict(self) -> dict[str, Any]:
        """What ``speciosa fit --json`` prints; numbers that there are none of are null."""
        estimates = {
            name: {
                "value": e.value,
                "se": _number(e.se),
                "rse": _number(e.rse),
                "low": _number(e.low),
                "high": _number(e.high),
            }
            for name, e in self.numbers.items()
        }
        return {
            "objective": self.objective,
            "neg2loglik": self.neg2loglik,
            "method": self.method,
            "n_observations": self.observations,
            "n_subjects": len(self.subjects),
            "converged": self.converged,
            "gradient_max": _number(self.gradient_max),
            "estimates": estimates,
            "library": self.in_library(),
            "omega": self.omega.tolist(),
            "occasion": self.pi.tolist(),
            "likelihood": self._comparable(),
            "shrinkage": {
                "eta": {name: _number(v) for name, v in self.eta_shrinkage.items()},
                "eps": _number(self.eps_shrinkage),
            },
            "condition_number": _number(self.condition),
            "steps": [
                asdict(one) | {"objective": _number(one.objective), "change": _number(one.change)}
                for one in self.steps
            ],
            "sampling": self.sampling or None,
            "monte_carlo_error": _number(self.monte_carlo_error),
            "effective_samples": _number(self.effective),
            "bootstrap": {
                name: {
                    "se": float(np.std(values, ddof=1)),
                    "low": float(np.quantile(values, 0.025)),
                    "high": float(np.quantile(values, 0.975)),
                }
                for name in self.bootstrap.columns
                if len(values := self.bootstrap[name].to_numpy()) > 1
            },
            "profile": {
                name: {"low": _number(a), "high": _number(b)}
                for name, (a, b) in self.profile.items()
            },
            "starts": [_number(v) for v in self.starts],
            "subjects": [
                {"id": _whole(s.id), "objective": s.objective, "eta": dict(s.effects)}
                for s in self.subjects
            ],
            "seconds": self.seconds,
            "warnings": list(self.warnings),
        }

    def _comparable(self) -> dict[str, Any] | None:
        found = self.likelihood
        if found is None:
            return None
        return {
            "method": found.method,
            "objective": found.objective,
            "neg2loglik": found.objective + self.gaussian * math.log(2 * math.pi),
            "error": found.error,
            "samples": found.nodes,
            "effective_samples": _number(found.effective),
            "pareto_k": _number(found.pareto_k),
        }

    def text(self) -> str:
        """The result in lines, the worst first."""
        lines = [f"Warning: {warning}" for warning in self.warnings]
        word = "evaluated" if not self.question.estimation.maximise else (
            "converged" if self.converged else "NOT CONVERGED"
        )  # fmt: skip
        lines.append(
            f"{self.method} {word}: objective {self.objective:.4f} (-2 log L {self.neg2loglik:.4f}), "
            f"{self.observations} observations of {len(self.subjects)} subjects."
        )
        if self.likelihood is not None:
            lines.append(_told(self.likelihood))
        if self.sampling:
            lines.append(f"Posterior from {self.sampling}.")
        lines.append(f"{'':<24}{'value':>12}{'se':>12}{'rse':>8}   95% interval")
        for name, e in self.numbers.items():
            lines.append(f"{name:<24}{e.value:>12.6g}{_spread(e)}")
        if self.steps:
            lines.append("Covariates, step by step (p by the likelihood ratio):")
            lines += [_step(one) for one in self.steps if one.direction != "start"]
        if self.profile:
            lines.append("95% intervals by profile likelihood:")
            lines += [f"{name:<24}   {a:.5g} to {b:.5g}" for name, (a, b) in self.profile.items()]
        if len(self.bootstrap) > 1:
            lines.append(f"Bootstrap, {len(self.bootstrap)} replicates that converged:")
            for name in self.bootstrap.columns:
                low, high = np.quantile(self.bootstrap[name].to_numpy(), (0.025, 0.975))
                lines.append(f"{name:<24}   {low:.5g} to {high:.5g}")
        if self.eta_shrinkage:
            told = ", ".join(f"{n} {v:.0%}" for n, v in self.eta_shrinkage.items())
            eps = self.eps_shrinkage
            of_residuals = f"; of residuals {eps:.0%}" if math.isfinite(eps) else ""
            lines.append(f"Shrinkage of random effects: {told}{of_residuals}.")
        return "\n".join(lines)


def _told(found: Marginal) -> str:
    start = f"Likelihood itself, to compare methods by: objective {found.objective:.4f}"
    if found.method == "exact":
        return f"{start}."
    if found.method == "AGQ":
        return f"{start} by quadrature."
    k = f", Pareto k at most {found.pareto_k:.2f}" if math.isfinite(found.pareto_k) else ""
    effective = f"of {found.nodes} draws at least {found.effective:.0f} count{k}"
    return f"{start} ± {found.error:.2g} by importance sampling ({effective})."


def _step(one: Step) -> str:
    mark = " *" if one.taken else ""
    return f"{one.direction:<9} {one.candidate:<40} {one.change:>+10.3f}  p {one.p:.2g}{mark}"


def _spread(e: Estimate) -> str:
    if e.fixed:
        return f"{'fixed':>12}"
    if math.isnan(e.se):
        return f"{'-':>12}"
    return f"{e.se:>12.4g}{e.rse:>8.1%}   {e.low:.5g} to {e.high:.5g}"


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value
