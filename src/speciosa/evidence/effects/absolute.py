"""What a pooled ratio means for 1,000 people: absolute effects from a stated baseline risk."""

from dataclasses import dataclass

import numpy as np

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats


@dataclass(frozen=True, slots=True)
class AbsoluteEffect:
    """Events per 1,000 people, without and with the treatment, and their difference.

    Attributes:
        baseline: events per 1,000 without the treatment.
        with_treatment, low, high: events per 1,000 with it, and the limits of its interval.
        number_needed: people to treat for one event more or fewer; None where the interval of the
            difference includes 0.
        source: of the baseline risk.
        treatment: what the treatment is; empty where it has no name.
        comparator: what the others take, most often another drug; empty for nothing.
        beyond: whether the effect, or a limit of it, would leave 0 or 1 at this baseline and is held there.
    """

    baseline: float
    with_treatment: float
    low: float
    high: float
    number_needed: float | None
    source: str
    treatment: str = ""
    comparator: str = ""
    beyond: bool = False

    @property
    def difference(self) -> float:
        """More (or fewer, if negative) events per 1,000 with the treatment."""
        return self.with_treatment - self.baseline

    @property
    def difference_interval(self) -> tuple[float, float]:
        """Limits of the difference."""
        return self.low - self.baseline, self.high - self.baseline

    def __str__(self) -> str:
        low, high = map(_difference, self.difference_interval)
        before = f"with {self.comparator}" if self.comparator else "without"
        after = f"with {self.treatment}" if self.treatment else "with"
        return (
            f"{self.baseline:.0f} per 1,000 {before}, {self.with_treatment:.0f} per 1,000 {after}:"
            f" {_difference(self.difference)} (from {low} to {high})"
            + (", held where it would leave 0 or 1,000 at this baseline" if self.beyond else "")
        )


def _difference(people: float) -> str:
    """So many more or fewer people.

    Example:
        >>> _difference(-120.2), _difference(3.7), _difference(0.2)
        ('120 fewer', '4 more', '0 more')
    """
    return f"{abs(people):.0f} {'more' if round(people) >= 0 else 'fewer'}"


def absolute_effect(
    code: str,
    estimate: float,
    ci_low: float,
    ci_high: float,
    baseline: float,
    source: str,
    *,
    treatment: str = "",
    comparator: str = "",
) -> AbsoluteEffect:
    """Applies a relative effect to a baseline risk.

    RR: risk = RR p. OR: odds = OR p/(1-p). HR: risk = 1 - (1-p)^HR. RD: risk = p + RD. Only the
    uncertainty of the effect is carried, not that of the baseline (GRADE guidelines 12, Guyatt
    2013, doi:10.1016/j.jclinepi.2012.01.012). Risks are kept within 0 and 1.

    Args:
        code: RR, OR, PETO, HR or RD.
        estimate: on the analysis scale (logarithms for ratios).
        ci_low: lower limit on the analysis scale.
        ci_high: upper limit on the analysis scale.
        baseline: risk without the treatment, above 0 and below 1.
        source: where the baseline risk comes from.
        treatment: what the effect is of.
        comparator: what it is compared with.

    Raises:
        EvidenceError: a measure that is no comparison of risks, a baseline outside (0, 1), or
            no source.

    Example:
        >>> print(absolute_effect("RR", np.log(0.5), np.log(0.4), np.log(0.7), 0.2, "placebo arms"))
        200 per 1,000 without, 100 per 1,000 with: 100 fewer (from 120 fewer to 60 fewer)
    """
    faults = []
    if code not in ("RR", "OR", "PETO", "HR", "RD"):
        faults.append(Fault("measure", "RR, OR, PETO, HR or RD", code))
    if not 0 < baseline < 1:
        faults.append(Fault("baseline risk", "a risk between 0 and 1", f"{baseline:g}"))
    if not source.strip():
        faults.append(Fault("baseline risk", "its source", "none"))
    if faults:
        raise EvidenceError(faults)
    computed = _risk(code, np.array([estimate, ci_low, ci_high]), baseline)
    risks = np.clip(computed, 0, 1)
    middle, low, high = (1000 * float(r) for r in risks)
    low, high = min(low, high), max(low, high)
    sure = (low - 1000 * baseline) * (high - 1000 * baseline) > 0
    gap = middle - 1000 * baseline
    return AbsoluteEffect(
        1000 * baseline,
        middle,
        low,
        high,
        1000 / abs(gap) if sure and gap else None,
        source,
        treatment,
        comparator,
        bool(((computed < 0) | (computed > 1)).any()),
    )


def _risk(code: str, effect: Floats, p: float) -> Floats:
    if code == "RR":
        return np.asarray(p * np.exp(effect))
    if code == "HR":
        return np.asarray(1 - (1 - p) ** np.exp(effect))
    if code == "RD":
        return np.asarray(p + effect)
    odds = p / (1 - p) * np.exp(effect)
    return np.asarray(odds / (1 + odds))
