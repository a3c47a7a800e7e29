"""Benefit and risk of a study's arms, weighed as the study says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.comparison.trial_figures import Z95, TrialFigure, figures_of
from speciosa.decision import (
    Acceptability,
    Criterion,
    Performance,
    Scores,
    Weights,
    acceptability,
    expected_value_of_perfect_information,
    score,
)
from speciosa.decision.score import Swing, tornado
from speciosa.outcomes import Outcomes
from speciosa.population.streams import normals
from speciosa.study.endpoints import definitions
from speciosa.study.question.schema import BenefitRisk, Study


@dataclass(frozen=True)
class Weighing:
    """Benefit-risk analysis of a comparison.

    Attributes:
        performance: the effects table, by draw.
        weights: what is stated of them.
        scores: weighted scores by draw, with bounds where a criterion is not estimable.
        ranks: rank acceptability, with 0 for what is not estimable.
        ranks_at_best: the same with 1; None where all is estimable.
        swings: for each arm, how its lead over the reference moves with each weight.
        perfect_information: expected gain in score from knowing every effect before choosing, at the mean of the weights;
            None where scores are only bounded. Undecided weights are no lack of knowledge, and count nothing.
        unscored: arms of which no criterion is known, and which have no score.
        plan: what the study says of criteria and weights.
    """

    performance: Performance
    weights: Weights
    scores: Scores
    ranks: Acceptability
    ranks_at_best: Acceptability | None
    swings: dict[str, list[Swing]]
    perfect_information: float | None
    unscored: tuple[str, ...] = ()
    plan: BenefitRisk = BenefitRisk()


def weigh(study: Study, outcomes: Outcomes) -> Weighing | None:
    """Weighs the arms; None where the study names no criteria, or fewer than two arms have anything to score."""
    plan = study.benefit_risk
    if not plan.criteria or len(study.arms) < 2:
        return None
    seed = study.population.seed
    performance = performance_of(study, outcomes)
    unscored = performance.unknown
    if unscored:
        scored = [name for name in performance.alternatives if name not in unscored]
        if len(scored) < 2:
            return None
        performance = performance.choose(scored)
    weights = weights_of(plan, [criterion.name for criterion in performance.criteria])
    scores = score(performance, weights, seed=seed)
    gaps = bool(performance.not_estimable)
    low = acceptability(
        performance, weights, samples=plan.samples, seed=seed, missing=0.0 if gaps else None
    )
    high = (
        acceptability(performance, weights, samples=plan.samples, seed=seed, missing=1.0)
        if gaps
        else None
    )
    swings = {
        arm: tornado(performance, weights, arm, study.reference, seed=seed)
        for arm in performance.alternatives
        if study.reference in performance.alternatives and arm != study.reference
    }
    gain = None if gaps else expected_value_of_perfect_information(scores.at_mean_weights)
    return Weighing(performance, weights, scores, low, high, swings, gain, unscored, plan)


def performance_of(study: Study, outcomes: Outcomes) -> Performance:
    """The effects table of the outcomes that are criteria: pooled where studies are sure enough, else simulated.

    The figure of studies is a difference from the reference and is added to the reference's simulated level, draw by draw.
    """
    known = definitions()
    arms = tuple(arm.name for arm in study.arms)
    criteria = tuple(
        Criterion(
            known[entry.outcome].title,
            entry.worst,
            entry.best,
            known[entry.outcome].unit,
            entry.points,
        )
        for entry in study.benefit_risk.criteria
    )
    draws = study.population.draws
    against = next(arm for arm in study.arms if arm.name == study.reference)
    figures = {arm.name: figures_of(arm, against) for arm in study.arms}
    pooled: set[tuple[str, str]] = set()
    levels = np.full((len(arms), len(criteria), draws), np.nan)
    for row, arm in enumerate(arms):
        for column, entry in enumerate(study.benefit_risk.criteria):
            found = outcomes.draws(known[entry.outcome].title, arm, "simulated")
            if len(found) == draws:
                levels[row, column] = found
            figure = figures[arm].get(entry.outcome)
            start = outcomes.draws(known[entry.outcome].title, study.reference, "simulated")
            if len(start) == draws and figure is not None and counts(figure):
                levels[row, column] = start + drawn(figure, study.population.seed, draws)
                pooled.add((arm, criteria[column].name))
    basis = {
        (arm, criterion.name): "trial evidence" if (arm, criterion.name) in pooled else "simulated"
        for row, arm in enumerate(arms)
        for column, criterion in enumerate(criteria)
        if np.isfinite(levels[row, column, 0])
    }
    return Performance(arms, criteria, levels, basis)


def counts(figure: TrialFigure) -> bool:
    """Whether a figure of studies takes the place of a simulated one: sure enough, a difference, with an interval."""
    return figure.first and figure.kind == "difference" and figure.low is not None


def drawn(figure: TrialFigure, seed: int, draws: int) -> NDArray[np.float64]:
    """The difference of studies by draw: normal, as wide as its 95% interval, the same for all arms that share it."""
    assert figure.low is not None and figure.high is not None
    noise = normals(seed, f"figure: {figure.row}", range(1), range(draws))[:, 0]
    se = (figure.high - figure.low) / (2 * Z95)
    return np.asarray(figure.estimate + se * noise)


def weights_of(plan: BenefitRisk, names: Sequence[str]) -> Weights:
    """The swing weights as the study states them: exact, by interval, by order, by ratio, or unknown.

    A low and a high weight are bounds after normalisation, when all weights sum to 1.
    """
    known = definitions()
    ratios = {(known[each.of].title, known[each.to].title): each.between for each in plan.ratios}
    if plan.order:
        order = tuple(known[key].title for key in plan.order)
        return Weights(tuple(names), order=order, ratios=ratios)
    stated = {
        name: entry.weight
        for name, entry in zip(names, plan.criteria, strict=True)
        if entry.weight is not None
    }
    exact = {name: value for name, value in stated.items() if not isinstance(value, tuple)}
    if len(exact) == len(names):
        return Weights(tuple(names), exact=exact)
    intervals = {
        name: value if isinstance(value, tuple) else (value, value)
        for name, value in stated.items()
    }
    return Weights(tuple(names), intervals=intervals, ratios=ratios)
