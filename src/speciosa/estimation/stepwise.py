"""Stepwise search of covariates: forward by the largest fall of the objective, then backward, by likelihood ratio tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scipy.stats import chi2

from speciosa.estimation.question.expression import read_expression
from speciosa.estimation.question.schema import Candidate, Parameter, Question


@dataclass(frozen=True)
class Step:
    """One fit of the search.

    Attributes:
        direction: ``start``, ``forward`` or ``backward``.
        candidate: what was put in or left out, as ``CL: (WT / 70) ** size``.
        objective: of the fit.
        change: of the objective against the model before.
        p: of the likelihood ratio test.
        taken: whether the model went on with it.
    """

    direction: str
    candidate: str
    objective: float
    change: float
    p: float
    taken: bool


def chosen_covariates(
    question: Question, objective_of: Callable[[Question], float]
) -> tuple[Question, tuple[Step, ...]]:
    """The question with the candidates that the search keeps, and all its fits.

    Forward, the candidate with the smallest p goes in while that is below ``forward``; backward, the one whose loss has the
    largest p goes out while that is above ``backward``. P values of a search are too small, and effects that it keeps too large: a
    full model with intervals tells more (Ribbing and Jonsson 2004, doi:10.1023/B:JOPA.0000034404.86036.72).

    Args:
        question: with its candidates.
        objective_of: the least objective of a question; infinite where it has none.
    """
    chosen: list[Candidate] = []
    now = objective_of(with_candidates(question, chosen))
    steps = [Step("start", "", now, 0.0, 1.0, True)]
    for direction, limit in (("forward", question.forward), ("backward", question.backward)):
        while True:
            forward = direction == "forward"
            tried: list[tuple[float, float, Candidate]] = []
            for one in (c for c in question.candidates if (c in chosen) != forward):
                others = [*chosen, one] if forward else [c for c in chosen if c is not one]
                found = objective_of(with_candidates(question, others))
                fall = now - found if forward else found - now
                p = float(chi2.sf(max(fall, 0.0), len(one.coefficients)))
                tried.append((p, found, one))
            if not tried:
                break
            best = min(tried, key=lambda t: t[0]) if forward else max(tried, key=lambda t: t[0])
            goes = best[0] < limit if forward else best[0] > limit
            steps += [
                Step(direction, str(c), o, o - now, p, goes and c is best[2]) for p, o, c in tried
            ]
            if not goes:
                break
            now = best[1]
            chosen = [*chosen, best[2]] if forward else [c for c in chosen if c is not best[2]]
    return with_candidates(question, chosen), tuple(steps)


def with_candidates(question: Question, chosen: Sequence[Candidate]) -> Question:
    """The question with some candidates in it, and none left to search."""
    coefficients = dict(question.coefficients)
    for one in chosen:
        coefficients |= one.coefficients
    parameters = tuple(
        _with(p, [c for c in chosen if c.parameter == p.name]) for p in question.parameters
    )
    return replace(question, parameters=parameters, coefficients=coefficients, candidates=())


def _with(parameter: Parameter, chosen: Sequence[Candidate]) -> Parameter:
    if not chosen:
        return parameter
    parts = [c.covariates.text for c in chosen]
    if parameter.covariates is not None:
        parts = [parameter.covariates.text, *parts]
    expression, _ = read_expression(" * ".join(f"({part})" for part in parts), parameter.name)
    return replace(parameter, covariates=expression)
