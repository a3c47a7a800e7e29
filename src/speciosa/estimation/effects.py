"""What covariates do to typical values: at the ends of their range among the subjects, with the uncertainty of the fit."""

from typing import TYPE_CHECKING

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.question.expression import Expression

if TYPE_CHECKING:
    import polars as pl

    from speciosa.estimation.result import Fit

_ENDS = (0.05, 0.95)
_DRAWS, _SEED = 2000, 1
_COLUMNS = ("parameter", "covariate", "at", "ratio", "low", "high")


def covariate_effects(fit: "Fit") -> "pl.DataFrame":
    """Typical values at the 5th and 95th percentile of each covariate, or at each of its levels, over those at its reference.

    The reference is the median of the subjects, or their commonest level, and so are all other covariates. Intervals hold 95% of
    2,000 draws of the coefficients from the normal distribution of their estimates; they are null where the fit has none.

    Args:
        fit: with covariates in its parameters.

    Returns:
        ``parameter``, ``covariate``, ``at``, ``ratio``, ``low``, ``high``, one row an end or level.
    """
    import polars as pl

    design = fit.joint.design
    first = np.searchsorted(design.prepared.group_subject, np.arange(len(design.prepared.ids)))
    numbers = {name: values[first] for name, values in design.prepared.columns.items()}
    texts = {name: values[first] for name, values in design.prepared.texts.items()}
    usual = {name: float(np.median(values)) for name, values in numbers.items()}
    words = {name: _commonest(values) for name, values in texts.items()}
    draws = _coefficients(fit)
    rows: list[tuple[object, ...]] = []
    for parameter in fit.question.parameters:
        if parameter.covariates is None:
            continue
        used = {name.upper() for name in parameter.covariates.names}

        def ratios(
            number: dict[str, float], word: dict[str, str], of: Expression = parameter.covariates
        ) -> Floats:
            both = [_at(of, draws, usual | number, words | word), _at(of, draws, usual, words)]
            with np.errstate(all="ignore"):
                return np.asarray(both[0] / both[1])

        for name in sorted(used & numbers.keys()):
            values = np.unique(numbers[name])
            ends = values if len(values) <= 2 else np.quantile(numbers[name], _ENDS)
            for end in ends:
                found = ratios({name: float(end)}, {})
                rows.append((parameter.name, name, f"{end:.4g}", *_told(found)))
        for name in sorted(used & texts.keys()):
            for level in sorted(set(texts[name].tolist()) - {words[name]}):
                found = ratios({}, {name: level})
                rows.append((parameter.name, name, level, *_told(found)))
    schema = dict.fromkeys(_COLUMNS[:3], pl.String) | dict.fromkeys(_COLUMNS[3:], pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _commonest(values: np.ndarray) -> str:
    levels, counts = np.unique(values, return_counts=True)
    return str(levels[counts.argmax()])


def _coefficients(fit: "Fit") -> list[dict[str, float]]:
    """Coefficients of covariates: as estimated, then draws of them."""
    names = list(fit.question.coefficients)
    middle = {name: fit.numbers[name].value for name in names}
    free = [name for name in names if name in fit.estimated]
    if fit.covariance is None or not free:
        return [middle]
    places = [fit.estimated.index(name) for name in free]
    covariance = fit.covariance[np.ix_(places, places)]
    if not np.isfinite(covariance).all():
        return [middle]
    drawn = np.random.default_rng(_SEED).multivariate_normal(
        [middle[name] for name in free], covariance, _DRAWS
    )
    return [
        middle,
        *({**middle, **dict(zip(free, map(float, row), strict=True))} for row in drawn),
    ]


def _at(
    expression: Expression,
    draws: list[dict[str, float]],
    numbers: dict[str, float],
    words: dict[str, str],
) -> Floats:
    """The factor of a typical value at one set of covariates, for each draw of the coefficients."""
    columns = {name: np.array([value]) for name, value in numbers.items()} or {"": np.zeros(1)}
    texts = {name: np.array([value]) for name, value in words.items()}
    return np.array([float(expression.evaluate(columns, own, {}, texts).value[0]) for own in draws])


def _told(ratios: Floats) -> tuple[float, float | None, float | None]:
    if len(ratios) == 1:
        return float(ratios[0]), None, None
    low, high = np.nanquantile(ratios[1:], [0.025, 0.975])
    return float(ratios[0]), float(low), float(high)
