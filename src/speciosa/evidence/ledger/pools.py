"""The pooled questions of the project: which rows of the fact base belong together, and what they come to.

A pool is data (`data/pools.toml`): its question, its rows by fact id, how they are pooled, a baseline risk and the
recorded judgements of certainty. `pooled` computes it from the fact base each time, so that a corrected row changes the
number that a claim shows.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from speciosa import facts
from speciosa.errors import EvidenceError, Fault, UnknownNameError
from speciosa.evidence.effects.absolute import AbsoluteEffect, absolute_effect
from speciosa.evidence.effects.conversions import se_from_interval
from speciosa.evidence.effects.measures import measure
from speciosa.evidence.ledger.certainty import Certainty, Judgement, grade, signals
from speciosa.evidence.ledger.pool_definitions import definitions, groups
from speciosa.evidence.ledger.pool_result import PoolResult
from speciosa.evidence.ledger.reviews import beside_reviews
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.evidence.pairwise.words import as_text, natural_interval, number


@dataclass(frozen=True, eq=False, slots=True)
class PooledEvidence:
    """A pool and what it comes to.

    Attributes:
        id, title, population, outcome: the question.
        rows: fact ids behind the number.
        recalled: those of them whose figures were seen in no document.
        result: the pooled effect; None for a pool of plain values.
        values: geometric mean, low and high of plain values; None for a pool of studies.
        published: what the source of the set printed, natural scale.
        review: what published reviews say, and why it is not the same, or why none stands beside.
        certainty, absolute, note: judgement, events per 1,000, what a reader must know.
        better: whether ``higher`` or ``lower`` is better for people.
    """

    id: str
    title: str
    population: str
    outcome: str
    rows: tuple[str, ...]
    recalled: tuple[str, ...]
    result: PairwiseMetaAnalysis | None
    values: tuple[float, float, float] | None
    published: Mapping[str, Any]
    certainty: Certainty | None
    absolute: AbsoluteEffect | None
    note: str
    better: str
    review: str

    @property
    def interval(self) -> tuple[float, float, float]:
        """Estimate and limits on the natural scale."""
        if self.result is None:
            assert self.values is not None
            return self.values
        r = self.result
        found = [r.natural(v) for v in (r.estimate, r.ci_low, r.ci_high)]
        return (found[0] or 0.0, found[1] or 0.0, found[2] or 0.0)

    @property
    def direction(self) -> str:
        """``above`` or ``below`` no effect if the interval excludes it, else ``unclear``."""
        null = self.result.measure.null if self.result is not None else None
        if self.result is None or null is None:
            return "unclear"
        low, high = self.result.ci_low, self.result.ci_high
        return "above" if low > null else "below" if high < null else "unclear"

    def sentence(self) -> str:
        """The pool in one sentence with its numbers."""
        if self.result is None:
            middle, low, high = (number(v) for v in self.interval)
            return f"{self.title}: {middle} ({low} to {high}, {len(self.rows)} values)."
        r = self.result
        pooled = natural_interval(r, r.estimate, r.ci_low, r.ci_high)
        plural = "study" if r.k == 1 else "studies"
        text = f"{self.title}: {self.outcome}, {r.measure.label} {pooled}, {r.k} {plural}"
        if r.k > 1:
            text += f", I2 {r.I2:.0f}%"
        if self.certainty is not None:
            text += f"; certainty {self.certainty.level}"
        if self.recalled:
            text += f"; figures of {len(self.recalled)} of {len(self.rows)} rows were seen in no document"
        return text + "."

    def __str__(self) -> str:
        lines = [self.sentence(), f"Population: {self.population}"]
        if self.result is not None:
            lines.append(as_text(self.result))
        if self.absolute is not None:
            lines.append(f"{self.absolute}; baseline: {self.absolute.source}")
        if self.certainty is not None:
            lines.append(f"Certainty {self.certainty.level} (from {self.certainty.start})")
            lines += [f"  {j.domain}: {j.severity}. {j.reason}" for j in self.certainty.judgements]
        if self.certainty is not None and self.result is not None:
            lines += [f"  numbers, {k}: {v}" for k, v in signals(self.result).items()]
        lines.append(f"Rows: {', '.join(self.rows)}")
        if self.recalled:
            lines.append(f"Seen in no document: {', '.join(self.recalled)}")
        lines.append(f"Published reviews: {self.review}")
        return "\n".join([*lines, self.note]).strip()

    def as_dict(self) -> dict[str, Any]:
        """The pool for programs, on the natural scale."""
        return PoolResult.of(self).as_dict()


def pool_ids() -> tuple[str, ...]:
    """Ids of all pools, in the order of the file."""
    return tuple(definitions())


def pooled(pool_id: str, *, without_recalled: bool = True) -> PooledEvidence:
    """Computes a pool from the fact base.

    Args:
        pool_id: one of `pool_ids`.
        without_recalled: leaves out rows whose figures were seen in no document, as every shown pool does.

    Raises:
        UnknownNameError: no such pool.
        EvidenceError: no row is left, or a row lacks the figures.

    Example:
        >>> found = pooled("buprenorphine-methadone-retention")
        >>> [round(x, 2) for x in found.interval]
        [0.81, 0.65, 1.02]
    """
    known = definitions()
    if pool_id not in known:
        raise UnknownNameError("pool", pool_id, known)
    spec = known[pool_id]
    studies = groups(spec)
    if without_recalled:
        studies = [group for group in studies if not any(map(_recalled, group))]
    rows = tuple(row for group in studies for row in group)
    if not rows:
        raise EvidenceError(Fault(f"pool {pool_id!r}", "a row that was seen", "only recalled rows"))
    result = None if "values" in spec else _pool(spec, studies)
    baseline = spec.get("baseline")
    absolute = None
    if result is not None and baseline:
        absolute = absolute_effect(
            result.measure.code,
            result.estimate,
            result.ci_low,
            result.ci_high,
            baseline["risk"],
            baseline["source"],
            treatment=spec["treated"],
            comparator=spec["control"],
        )
    judged = [Judgement(j["domain"], j["severity"], j["reason"]) for j in spec.get("certainty", [])]
    return PooledEvidence(
        id=pool_id,
        title=spec["title"],
        population=spec["population"],
        outcome=spec["outcome"],
        rows=rows,
        recalled=tuple(row for row in rows if _recalled(row)),
        result=result,
        values=_values(rows) if "values" in spec else None,
        published=spec.get("published", {}),
        certainty=grade(spec["design"], judged) if judged else None,
        absolute=absolute,
        note=spec.get("note", ""),
        better=spec.get("better", ""),
        review=beside_reviews(spec),
    )


def _recalled(row: str) -> bool:
    return str(getattr(facts.fact(row), "seen", "")) in facts.ASSUMED


def _pool(spec: Mapping[str, Any], groups: Sequence[Sequence[str]]) -> PairwiseMetaAnalysis:
    """The pooled effect of groups of rows; a group is one study."""
    studies = [_study(spec, group) for group in groups]
    names = dict.fromkeys(name for study in studies for name in study)
    columns = {name: [study.get(name) for study in studies] for name in names}
    return meta_analysis(columns, measure=spec["measure"], method=spec["method"], test=spec["test"])


def _study(spec: Mapping[str, Any], group: Sequence[str]) -> dict[str, Any]:
    """One study's figures: counts, means, or an effect with its interval."""
    records: list[Any] = [facts.fact(row) for row in group]
    one, what = records[0], measure(spec["measure"])
    study: dict[str, Any] = {"study": one.study, "risk_of_bias": one.risk_of_bias}
    if what.data == "proportion":
        return study | {"events": one.events_t, "n": one.n_t}
    if what.data == "events" and all(r.events_t is not None for r in records):
        treated = {c: sum(getattr(r, c) for r in records) for c in ("events_t", "n_t")}
        return study | treated | {"events_c": one.events_c, "n_c": one.n_c}
    if what.data == "means" and one.mean_t is not None:
        return study | {c: getattr(one, c) for c in what.columns}
    if one.estimate is None or one.ci_low is None or one.ci_high is None:
        raise EvidenceError(Fault(f"row {one.id}", f"figures for {what.code}", "none"))
    log = what.scale == "log"
    level = float(spec.get("interval", 0.95))
    se = se_from_interval(one.ci_low, one.ci_high, log=log, level=level)
    return study | {"effect": math.log(one.estimate) if log else one.estimate, "se": se}


def _values(rows: Sequence[str]) -> tuple[float, float, float]:
    """Geometric mean of positive values and its 95% t interval; the range itself below 3 values."""
    records: list[Any] = [facts.fact(row) for row in rows]
    logs = np.log([float(r.value) for r in records])
    middle, count = float(logs.mean()), len(logs)
    if count < 3:
        return math.exp(middle), float(np.exp(logs.min())), float(np.exp(logs.max()))
    half = float(stdtrit(count - 1, 0.975) * logs.std(ddof=1) / math.sqrt(count))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)
