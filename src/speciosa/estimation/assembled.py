"""A fit put together from what the search and the uncertainty found."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.design import Design
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.marginal import Marginal
from speciosa.estimation.objective.pareto import TOO_HEAVY
from speciosa.estimation.reported import Reported
from speciosa.estimation.residuals import prediction_table, shrinkage
from speciosa.estimation.result import Estimate, Fit, SubjectFit
from speciosa.estimation.search import (
    GRADIENT_LIMIT,
    Search,
)
from speciosa.estimation.uncertainty import Uncertainty

_QUANTILE = 1.959963984540054
_FEW = 20
"""Effective random nodes of a subject below which its likelihood is doubtful."""
_NO_SPREAD = 1e-6
"""Variance of a random effect that counts as none."""


def assembled(
    joint: Joint,
    search: Search,
    told: Reported,
    sure: Uncertainty,
    comparable: Marginal | None,
    ends: tuple[float, ...],
    seconds: float,
) -> Fit:
    """The fit: estimates with their intervals, what is told of every subject, and what to be warned of."""
    import polars as pl

    design, at = joint.design, search.evaluation
    individuals = design.individuals(search.x)
    varying = tuple(design.parameters[k].name for k in design.varying)
    changing = tuple(design.parameters[k].name for k in design.changing)
    n, m = len(varying), len(changing)
    omega, pi = individuals.spread.matrix[:n, :n], individuals.spread.matrix[n : n + m, n : n + m]
    table = prediction_table(joint, individuals, at.modes)
    likelihood = design.prepared.likelihood
    subjects = tuple(
        SubjectFit(float(i), float(o), _named(b, varying, changing))
        for i, o, b in zip(design.prepared.ids, at.subjects, at.modes, strict=True)
    )
    observing: Integers = np.unique(likelihood.subject)
    eta, eps = shrinkage(at.modes[observing][:, :n], omega, varying, table)
    covariance, names = _natural(told, sure)
    return Fit(
        design.question,
        at.total,
        likelihood.gaussian,
        len(likelihood.subject),
        _estimates(told, sure),
        omega,
        varying,
        pi,
        changing,
        _references(design),
        covariance,
        names,
        subjects,
        comparable,
        eta,
        eps,
        table,
        search.converged,
        search.gradient_max,
        search.rounds,
        sure.condition,
        at.error,
        float(at.effective.min()) if len(at.effective) else np.nan,
        ends,
        pl.DataFrame({name: [] for name in names}, schema=dict.fromkeys(names, pl.Float64)),
        seconds,
        _warnings(design, search, told, sure, comparable, ends),
        joint,
        search.x,
    )


def with_uncertainty(
    found: Fit,
    search: Search,
    told: Reported,
    sure: Uncertainty,
    ends: tuple[float, ...],
    seconds: float,
) -> Fit:
    """The fit with standard errors, intervals, and what these warn of."""
    warnings = _warnings(found.joint.design, search, told, sure, found.likelihood, ends)
    return replace(
        found,
        numbers=_estimates(told, sure),
        covariance=_natural(told, sure)[0],
        condition=sure.condition,
        warnings=warnings,
        seconds=seconds,
    )


def with_draws(found: Fit, values: Sequence[Floats], sampling: str) -> Fit:
    """The fit with numbers from draws of the posterior: means, standard deviations and quantiles."""
    import polars as pl

    drawn = np.array(values)
    numbers = {}
    for k, (name, one) in enumerate(found.numbers.items()):
        own = drawn[:, k]
        low, high = np.quantile(own, (0.025, 0.975))
        spread = float(own.std(ddof=1))
        numbers[name] = (
            one if one.fixed else Estimate(float(own.mean()), spread, float(low), float(high))
        )
    table = pl.DataFrame(
        {name: drawn[:, k] for k, name in enumerate(found.numbers) if name in found.estimated}
    )
    return replace(found, numbers=numbers, draws=table, sampling=sampling)


def _references(design: Design) -> dict[str, float]:
    """The median over the subjects of each covariate, as it is in their first record."""
    prepared = design.prepared
    first = np.searchsorted(prepared.group_subject, np.arange(len(prepared.ids)))
    return {name: float(np.median(v[first])) for name, v in prepared.columns.items()}


def _named(b: Floats, varying: tuple[str, ...], changing: tuple[str, ...]) -> dict[str, float]:
    found = dict(zip(varying, b.tolist(), strict=False))
    for i, value in enumerate(b[len(varying) :].tolist()):
        occasion, which = divmod(i, len(changing))
        found[f"{changing[which]}@{occasion + 1}"] = value
    return found


def _natural(told: Reported, sure: Uncertainty) -> tuple[Floats | None, tuple[str, ...]]:
    """The covariance of the reported numbers that were estimated."""
    keep = np.flatnonzero(told.estimated)
    names = tuple(told.names[k] for k in keep)
    if sure.covariance is None:
        return None, names
    jacobian = told.jacobian[keep]
    return jacobian @ sure.covariance @ jacobian.T, names


def _estimates(told: Reported, sure: Uncertainty) -> dict[str, Estimate]:
    found = {}
    for k, name in enumerate(told.names):
        value = float(told.values[k])
        if not told.estimated[k]:
            found[name] = Estimate(value, fixed=True)
            continue
        if sure.covariance is None:
            found[name] = Estimate(value)
            continue
        row = told.jacobian[k]
        if _only(row, sure.held):
            found[name] = Estimate(value)
            continue
        se = float(np.sqrt(max(row @ sure.covariance @ row, 0.0)))
        found[name] = Estimate(value, se, *_interval(value, se, told.scales[k]))
    return found


def _only(row: Floats, held: Integers) -> bool:
    """Whether a number depends on coordinates that are held, and on nothing else."""
    return bool(row[held].any() and not np.delete(row, held).any())


def _interval(value: float, se: float, scale: str) -> tuple[float, float]:
    """Wald's interval on the scale of the estimate, turned back."""
    if scale == "log":
        reach = float(np.exp(np.minimum(_QUANTILE * se / value, 700.0)))
        return value / reach, value * reach
    if scale == "logit":
        logit, reach = np.log(value / (1 - value)), _QUANTILE * se / (value * (1 - value))
        return tuple(float(1 / (1 + np.exp(-(logit + s * reach)))) for s in (-1, 1))  # type: ignore[return-value]
    return value - _QUANTILE * se, value + _QUANTILE * se


def _warnings(
    design: Design,
    search: Search,
    told: Reported,
    sure: Uncertainty,
    comparable: Marginal | None,
    ends: tuple[float, ...],
) -> tuple[str, ...]:
    found = []
    if not search.converged and not np.isfinite(search.gradient_max):
        found.append(f"Not converged: {search.message}; take more draws, or tell more by priors.")
    elif not search.converged:
        found.append(
            f"Not converged: {search.message}; the largest scaled gradient is {search.gradient_max:.3g}, "
            f"the limit {GRADIENT_LIMIT:g}."
        )
    values = told.of
    for name, value in values.items():
        if name.startswith(("omega2.", "pi2.")) and value < _NO_SPREAD:
            found.append(
                f"{name} is {value:.2g}: the data show no such variability; fit without it."
            )
        row = told.jacobian[told.names.index(name)]
        if name.partition(".")[0] not in ("omega2", "pi2") and _only(row, search.held):
            found.append(
                f"{name} is {value:.2g}: the data show no such part of the residual error."
            )
        if name.startswith("omega.") and name.count(".") == 2:
            _, one, other = name.split(".")
            r = value / np.sqrt(values[f"omega2.{one}"] * values[f"omega2.{other}"])
            if abs(r) > 0.999:
                found.append(f"Random effects of {one} and {other} are correlated by {r:.4f}.")
    effective = search.evaluation.effective
    if len(effective) and effective.min() < _FEW:
        found.append(
            f"Importance sampling rests on {effective.min():.0f} effective nodes in a subject; take more samples."
        )
    if comparable is None:
        found.append("The likelihood itself is not finite at the nodes of some subject.")
    elif comparable.heavy and design.question.estimation.method in ("IMP", "SAEM"):
        found.append(
            f"Importance sampling is doubtful: the weights of {comparable.heavy} subjects have a Pareto k above {TOO_HEAVY}, "
            f"at most {comparable.pareto_k:.2f}; take more samples."
        )
    if sure.note:
        found.append(sure.note)
    if sure.why:
        found.append(f"No standard errors: {sure.why}")
    if len(ends) > 1 and np.nanmax(ends) - np.nanmin(ends) > 0.1:
        told_ends = ", ".join(f"{v:.3f}" for v in ends)
        found.append(f"Starts end at different objectives: {told_ends}.")
    return (*found, *design.prepared.warnings)
