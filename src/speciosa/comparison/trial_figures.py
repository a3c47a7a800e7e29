"""What studies of people say of an outcome of an arm, in the unit of the outcome and beside the simulated figure.

`first_outcomes.toml` names the rows of the facts; a row that is known only from memory takes no part.
"""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from speciosa import facts, units
from speciosa.errors import UnknownNameError
from speciosa.evidence.effects.absolute import absolute_effect
from speciosa.evidence.ledger.certainty import LEVELS, Level
from speciosa.evidence.ledger.kept_pools import pool_result
from speciosa.facts.products import product
from speciosa.study.question.schema import Arm

Kind = Literal["difference", "ratio", "level"]
NO_DRUG = "no drug"
ANTAGONIST = "opioid antagonist"
ENOUGH: Level = "moderate"
"""The certainty from which a figure of studies is quoted before the simulated one."""
Z95 = 1.959964


@dataclass(frozen=True)
class TrialFigure:
    """What studies say of one outcome of one arm.

    Attributes:
        outcome: its name.
        kind: ``difference`` from `versus` in the unit of the outcome; ``ratio`` where no share is known that it could be
            applied to; ``level`` where nothing was compared.
        estimate, low, high: with its 95% interval, None where the source prints none.
        versus: ``no drug``, a substance, or nothing.
        baseline: the share without the treatment that a ratio was applied to.
        certainty: as recorded; None where nobody judged it.
        observational: whether people chose the treatment themselves.
        counted: what the studies counted, in words.
        who: the treatments of the studies where they are more than the arm's own; empty otherwise.
        row: the fact.
        reference: its reference key.
    """

    outcome: str
    kind: Kind
    estimate: float
    low: float | None
    high: float | None
    versus: str
    baseline: float | None
    certainty: Level | None
    observational: bool
    counted: str
    who: str
    row: str
    reference: str

    @property
    def first(self) -> bool:
        """Whether it is sure enough to be quoted before a simulated figure."""
        return self.certainty is not None and LEVELS.index(self.certainty) >= LEVELS.index(ENOUGH)


@lru_cache(maxsize=1)
def plan() -> Mapping[str, Any]:
    """The tables of ``first_outcomes.toml``."""
    text = (files("speciosa.comparison") / "first_outcomes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def figures_of(arm: Arm, reference: Arm) -> dict[str, TrialFigure]:
    """By outcome, what studies say of `arm` against `reference`, or of the arm alone.

    An arm with a co-medication has none: no study gave both.
    """
    given = own_substances(arm)
    if not given or arm.companions.doses:
        return {}
    against = own_substances(reference) if not reference.companions.doses else frozenset({"?"})
    found: dict[str, TrialFigure] = {}
    day_mg = daily_mg(arm) or 0.0
    for place, entry in enumerate(plan()["figure"]):
        versus = entry["versus"]
        fits = versus == "" or (versus == NO_DRUG and not against) or versus in against
        least, most = entry.get("daily_mg", (0.0, math.inf))
        if (
            fits
            and given <= _members(entry["treatments"])
            and least <= day_mg <= most
            and _has_dose(arm, entry)
            and (figure := _figure(place)) is not None
        ):
            found.setdefault(entry["outcome"], figure)
    return found


def own_substances(arm: Arm) -> frozenset[str]:
    """What the arm itself gives; a reversing or deterring companion of an opioid in one product does not count."""
    named = {s for product in arm.treatment.products for s in substances_of(product)}
    opioids = {s for s in named if is_opioid(s)}
    return frozenset(s for s in named if not (opioids and _group(s) == ANTAGONIST))


def substances_of(name: str) -> tuple[str, ...]:
    """What a product holds; a substance without a product is taken as itself."""
    try:
        return product(name).substances
    except UnknownNameError:
        return (str(facts.substance(name).id),)


def daily_mg(arm: Arm) -> float | None:
    """Milligrams of product a day at the end of treatment, as labelled; None without a repeated dose by mass."""
    repeated = [
        (dose, dose.every_h) for dose in arm.treatment.doses if dose.every_h and dose.count > 1
    ]
    if not repeated or "/" in repeated[-1][0].unit:
        return None
    end = repeated[-1][0].times_h[-1]
    return sum(
        dose.amount * units.factor(dose.unit, "mg") * 24 / every_h
        for dose, every_h in repeated
        if dose.times_h[-1] + every_h > end and "/" not in dose.unit
    )


def _has_dose(arm: Arm, entry: Mapping[str, Any]) -> bool:
    """Whether each dose of an arm is one that the studies gave, where they gave single doses."""
    if "dose_mg" not in entry:
        return True
    least, most = entry["dose_mg"]
    masses = [d for d in arm.treatment.doses if "/" not in d.unit]
    given = [d.amount * units.factor(d.unit, "mg") for d in masses]
    return bool(given) and all(least <= amount <= most for amount in given)


def _group(substance: str) -> str:
    return str(facts.substance(substance).group)


def is_opioid(substance: str) -> bool:
    """Whether a substance acts as an opioid; a mixed agonist-antagonist such as nalbuphine does, an antagonist not."""
    group = _group(substance)
    return group.startswith("opioid") and group != ANTAGONIST


@lru_cache(maxsize=64)
def _members_of(name: str) -> frozenset[str]:
    known = facts.substances()
    if name == "opioids":
        return frozenset(s for s in known if is_opioid(s))
    if name == "kratom":
        return frozenset(s for s in known if "kratom" in _group(s))
    return frozenset({name})


def _members(names: list[str]) -> frozenset[str]:
    return frozenset().union(*map(_members_of, names))


@lru_cache(maxsize=128)
def _figure(place: int) -> TrialFigure | None:
    """The figure of an entry by its place in the file."""
    entry = plan()["figure"][place]
    row = facts.fact(entry["row"])
    if str(row.seen) in facts.ASSUMED:
        return None
    kind, values, baseline = _values(row, entry)
    return TrialFigure(
        entry["outcome"],
        kind,
        *values,
        versus=entry["versus"],
        baseline=baseline,
        certainty=_certainty(row, entry),
        observational=bool(entry.get("observational")),
        counted=entry["counted"],
        who=entry.get("who", ""),
        row=str(row.id),
        reference=str(row.reference),
    )


_Values = tuple[float, float | None, float | None]


def _values(row: Any, entry: Mapping[str, Any]) -> tuple[Kind, _Values, float | None]:
    """What a row says: kind, figure with its interval, and the share without the treatment."""
    measure = str(getattr(row, "effect_measure", None) or getattr(row, "measure", ""))
    if hasattr(row, "rate"):
        estimate, low, high = row.rate, row.ci_low, row.ci_high
    else:
        estimate, low, high = row.estimate, row.ci_low, row.ci_high
    if measure in {"RR", "OR"} or measure.startswith("rate ratio"):
        if "baseline" not in entry:
            return "ratio", (estimate, low, high), None
        share = baseline_share(entry["baseline"])
        code = "OR" if measure == "OR" else "RR"
        middle, lower, upper = (math.log(x) for x in (estimate, low, high))
        effect = absolute_effect(code, middle, lower, upper, share, entry["baseline"])
        below, above = effect.difference_interval
        return "difference", (effect.difference / 1000, below / 1000, above / 1000), share
    if measure == "NNT":
        return "difference", (1 / estimate, 1 / high, 1 / low), None
    if measure == "events":
        one, other = row.events_t / row.n_t, row.events_c / row.n_c
        se = math.sqrt(one * (1 - one) / row.n_t + other * (1 - other) / row.n_c)
        gap = one - other
        return "difference", (gap, gap - Z95 * se, gap + Z95 * se), other
    if estimate is None:
        return "difference", (row.mean_t - row.mean_c, None, None), row.mean_c
    scale = float(entry.get("scale", 1.0))
    first, last = (None, None) if low is None else sorted((scale * low, scale * high))
    kind: Kind = "level" if entry["versus"] == "" else "difference"
    return kind, (scale * estimate, first, last), None


def baseline_share(name: str) -> float:
    """The share, or the yearly rate a person, that a row gives of people without the treatment."""
    row = facts.fact(name)
    if hasattr(row, "rate"):
        return float(row.rate) / (1000.0 if "1000" in str(row.measure) else 1.0)
    return float(row.events_c / row.n_c)


def _certainty(row: Any, entry: Mapping[str, Any]) -> Level | None:
    if "certainty_of" in entry:
        judged = pool_result(entry["certainty_of"]).certainty
        return next((level for level in LEVELS if level == judged), None)
    if "certainty_of_row" in entry:
        row = facts.fact(entry["certainty_of_row"])
    return graded(getattr(row, "risk_of_bias", None) or "")


def graded(text: str) -> Level | None:
    """The level of certainty that a row records; the lower one where it names two.

    Example:
        >>> graded("GRADE high/moderate"), graded("some concerns")
        ('moderate', None)
    """
    match = re.match(r"GRADE ([a-z /]+)", text)
    if match is None:
        return None
    named = [level for level in LEVELS if level in [w.strip() for w in match[1].split("/")]]
    return named[0] if named else None
