"""The ledger of claims: the recorded verdict, the rows for and against, and what the numbers say next to it.

The claim, its verdict and the confidence in it are facts (`facts.table("claims")`); why, which rows bear on it and what
would settle it are judgements (`data/claims.toml`). Nothing here computes a verdict: where pooled numbers or a
simulation point the other way, the disagreement is said.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from speciosa import facts
from speciosa.errors import EvidenceError, Fault, UnknownNameError
from speciosa.evidence.ledger.confidence import NONE, confidence, stands_aside, weight
from speciosa.evidence.ledger.kept_pools import pool_result
from speciosa.evidence.ledger.plan_answers import PlanAnswer, planned
from speciosa.evidence.ledger.pool_definitions import definitions
from speciosa.evidence.ledger.pool_result import PoolResult
from speciosa.facts.record import split
from speciosa.facts.tables import rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

VERDICTS = ("supported", "mixed", "not established", "contradicted")
KINDS = ("mechanism", "efficacy", "safety", "dependence", "interaction", "legal", "care model")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the fact base that bears on a claim, in words."""

    id: str
    text: str
    reference: str
    seen: str


@dataclass(frozen=True, eq=False, slots=True)
class ClaimSupport:
    """A claim and all that stands behind its verdict.

    Attributes:
        id, claim, kind, verdict, confidence: as recorded in the fact base.
        reason: why that verdict.
        supporting, against: rows that bear on it.
        pools: pooled numbers, with the side of no effect on which the claim would put each.
        settles: the study that would decide it.
        disagreements: where the numbers and the verdict part.
        simulation: what a simulated comparison would have to show, empty if nothing.
        under_way: registered trials that bear on it and have no paper yet.
        searched: dated searches that were made for it.
        planned: what simulated treatment plans say of it, which moves no verdict.
    """

    id: str
    claim: str
    kind: str
    verdict: str
    confidence: float
    reason: str
    supporting: tuple[Row, ...]
    against: tuple[Row, ...]
    pools: tuple[tuple[PoolResult, str], ...]
    settles: str
    disagreements: tuple[str, ...]
    simulation: Mapping[str, str]
    under_way: tuple[Row, ...] = ()
    searched: tuple[Row, ...] = ()
    planned: tuple[PlanAnswer, ...] = ()

    @property
    def pooled_sentences(self) -> tuple[str, ...]:
        """The pooled numbers in sentences, with what a reader must know of them."""
        lines = []
        for pool, claimed in self.pools:
            lead = "" if claimed else "For comparison: "
            lines.append(lead + pool.sentence + (f" {pool.note}" if pool.note else ""))
        return tuple(lines)

    @property
    def under_way_sentence(self) -> str:
        """The registered trials that bear on the claim, or that none is known and when somebody looked."""
        if self.under_way:
            return "Trials under way: " + "; ".join(row.text for row in self.under_way) + "."
        days = sorted(row.reference for row in self.searched)
        looked = f", as far as a search on {days[-1]} went" if days else ""
        return f"Trials under way: none known{looked}."

    def beside_simulation(self, difference: "ArrayLike") -> str:
        """What a simulated difference says of the claim, and whether the verdict agrees.

        Args:
            difference: the arm of `simulation` minus the one it is compared with, by draw.

        Raises:
            EvidenceError: the claim has nothing to simulate, or no finite draw.
        """
        import numpy as np

        draws = np.asarray(difference, dtype=float)
        if not self.simulation or not np.isfinite(draws).any():
            raise EvidenceError(
                Fault(f"claim {self.id}", "a simulated outcome and finite draws", "none")
            )
        kept = draws[np.isfinite(draws)]
        claimed = self.simulation["claimed"]
        hits = {"above": kept > 0, "below": kept < 0, "not below": kept >= 0}[claimed]
        share = float(hits.mean())
        text = (
            f"Simulation: {self.simulation['outcome']} with {self.simulation['arm']} is {claimed}"
            f" that with {self.simulation['versus']} in {100 * share:.0f}% of draws, at the doses compared here."
        )
        against = self.verdict == "supported" and share < 0.05
        beyond = self.verdict == "contradicted" and share > 0.95
        if against or beyond:
            text += f" This disagrees with the verdict '{self.verdict}'."
        return text

    def __str__(self) -> str:
        head = f"{self.id}: {self.claim}\nVerdict: {self.verdict} ({self.confidence:.0%} sure)"
        return f"{head}\n{self.evidence_text()}"

    def evidence_text(self) -> str:
        """What stands behind the verdict, in lines, without the claim itself."""
        lines = [f"Why: {self.reason}"]
        lines += [f"For: {row.text} [{row.reference}; {row.id}]" for row in self.supporting]
        lines += [f"Against: {row.text} [{row.reference}; {row.id}]" for row in self.against]
        lines += [f"Pooled: {line}" for line in self.pooled_sentences]
        lines += [f"Simulated plan ({each.plan}): {each.sentence}" for each in self.planned]
        lines += [f"Disagreement: {line}" for line in self.disagreements]
        lines.append(self.under_way_sentence)
        lines += [f"Searched: {row.text} [{row.reference}; {row.id}]" for row in self.searched]
        return "\n".join([*lines, f"What would settle it: {self.settles}"])

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "reason": self.reason,
            "for": [row.id for row in self.supporting],
            "against": [row.id for row in self.against],
            "pooled": [pool.as_dict() | {"claimed": claimed} for pool, claimed in self.pools],
            "planned": [asdict(each) for each in self.planned],
            "disagreements": list(self.disagreements),
            "under_way": [row.id for row in self.under_way],
            "searched": [row.id for row in self.searched],
            "settles": self.settles,
        }


def claim_ids() -> tuple[str, ...]:
    """Ids of all claims of the ledger."""
    return tuple(_judgements())


def support(claim_id: str) -> ClaimSupport:
    """Everything behind a claim's verdict.

    Raises:
        UnknownNameError: no such claim.

    Example:
        >>> found = support("c08")
        >>> found.verdict, len(found.pools)
        ('not established', 2)
    """
    judged = _judgements()
    if claim_id not in judged:
        raise UnknownNameError("claim", claim_id, judged)
    record: Any = facts.fact(claim_id)
    spec = judged[claim_id]
    pools = tuple((pool_result(p["id"]), p.get("claimed", "")) for p in spec.get("pools", []))
    return ClaimSupport(
        id=claim_id,
        claim=record.claim,
        kind=record.kind,
        verdict=record.verdict,
        confidence=float(record.confidence),
        reason=spec["reason"],
        supporting=_rows(spec["for"]),
        against=_rows(spec["against"]),
        pools=pools,
        settles=spec["settles"],
        disagreements=tuple(_disagreements(record.verdict, pools)),
        simulation=spec.get("simulation", {}),
        under_way=_under_way(claim_id),
        searched=_searched(claim_id),
        planned=planned(claim_id),
    )


def confidence_by_rule(claim_id: str) -> float:
    """How sure the recorded verdict is by the rule of `confidence`, from the rows for and against.

    Example:
        >>> confidence_by_rule("c08") == support("c08").confidence
        True
    """
    record: Any = facts.fact(claim_id)
    spec = _judgements()[claim_id]
    return confidence(
        record.verdict,
        record.kind,
        spec["for"],
        spec["against"],
        spec.get("indirect", ()),
        bool(_searched(claim_id)),
    )


def check_ledger() -> list[Fault]:
    """What is wrong with the ledger: claims without judgement, unknown rows, pools or verdicts."""
    judged, wrong = _judgements(), []
    recorded = facts.table("claims")
    for row in recorded.iter_rows(named=True):
        name = str(row["id"])
        if name not in judged:
            wrong.append(Fault(f"claim {name}", "a judgement", "none"))
        if row["verdict"] not in VERDICTS:
            wrong.append(Fault(f"claim {name}, verdict", ", ".join(VERDICTS), str(row["verdict"])))
        if row["kind"] not in KINDS:
            wrong.append(Fault(f"claim {name}, kind", ", ".join(KINDS), str(row["kind"])))
    known = set(recorded["id"].to_list())
    for name, spec in judged.items():
        where = f"claim {name}"
        if name not in known:
            wrong.append(Fault(where, "a claim of the fact base", name))
        for part in ("reason", "settles"):
            if not str(spec.get(part, "")).strip():
                wrong.append(Fault(f"{where}, {part}", "a sentence", "nothing"))
        for row_id in spec["for"] + spec["against"]:
            try:
                facts.fact(row_id)
            except UnknownNameError:
                wrong.append(Fault(where, "a row of the fact base", row_id))
        wrong += _resting(name) if name in known else ()
        for p in spec.get("pools", []):
            if p["id"] not in definitions():
                wrong.append(Fault(where, "a pool", p["id"]))
    return wrong


def _resting(name: str) -> Iterator[Fault]:
    """What a verdict rests on that it may not, and a confidence that is not the rule's."""
    record: Any = facts.fact(name)
    spec, where = _judgements()[name], f"claim {name}"
    stray = set(spec.get("indirect", ())) - {*spec["for"], *spec["against"]}
    if stray:
        yield Fault(f"{where}, indirect", "rows for or against", ", ".join(sorted(stray)))
    for key in record.sources:
        if stands_aside(key):
            yield Fault(f"{where}, references", "no newspaper and no advocate", key)
    for row in spec["for"] + spec["against"]:
        if weight(row) == NONE:
            yield Fault(where, "rows that rest on more than a newspaper or an advocate", row)
    by_rule = confidence_by_rule(name)
    if record.confidence != by_rule:
        yield Fault(f"{where}, confidence", f"{by_rule:g}, by the rule", f"{record.confidence:g}")


def _under_way(name: str) -> tuple[Row, ...]:
    found: Any = facts.records("registered")
    return tuple(
        Row(
            row.id,
            f"{row.title} ({row.registry}; {row.status}; as of {row.as_of})",
            row.reference,
            row.seen,
        )
        for row in found
        if name in split(row.claims)
    )


def _searched(name: str) -> tuple[Row, ...]:
    return tuple(
        Row(row.cells["id"], f"{row.cells['question']}: {row.cells['found']}", row.cells["on"], "")
        for row in rows("searches")
        if name in split(row.cells["claims"])
    )


@cache
def _judgements() -> dict[str, dict[str, Any]]:
    text = (files("speciosa.evidence") / "data" / "claims.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _rows(ids: Sequence[str]) -> tuple[Row, ...]:
    found = []
    for name in ids:
        record: Any = facts.fact(name)
        reference = str(getattr(record, "reference", "") or getattr(record, "source", "") or "")
        found.append(Row(name, _words(record), reference[:80], str(getattr(record, "seen", ""))))
    return tuple(found)


def _words(record: Any) -> str:
    """A row of any table in one line."""
    table = type(record).__name__
    if hasattr(record, "parameter"):
        value = "" if record.value is None else f" {record.value:g} {record.unit}"
        return f"{record.substance}, {record.system}, {record.parameter}{value}"
    if hasattr(record, "place"):
        return f"{record.place}: {record.substance} {record.status} (as of {record.as_of})"
    if hasattr(record, "exposure"):
        return f"{record.exposure}, {record.outcome}: {record.rate:g} {record.measure}"
    if hasattr(record, "comparator"):
        return (
            f"{record.study}, {record.intervention} v {record.comparator}: {record.outcome}"
            + _figures(record)
        )
    return f"{table} {record.id}"


def _figures(r: Any) -> str:
    """The figures of a study's row, as far as it has any."""
    parts = []
    if r.events_t is not None:
        parts.append(f"{r.events_t:g}/{r.n_t:g}" if r.n_t else f"{r.events_t:g}")
    if r.events_c is not None:
        parts.append(f"against {r.events_c:g}/{r.n_c:g}")
    if not parts and r.estimate is not None:
        limits = "" if r.ci_low is None else f" ({r.ci_low:g} to {r.ci_high:g})"
        parts.append(f"{r.effect_measure} {r.estimate:g}{limits}")
    if not parts and r.mean_t is not None:
        parts.append(f"mean {r.mean_t:g}" + ("" if r.mean_c is None else f" against {r.mean_c:g}"))
    return ", " + " ".join(parts) if parts else ""


def _disagreements(verdict: str, pools: Sequence[tuple[PoolResult, str]]) -> list[str]:
    """Where a pool that bears on the claim points the other way than the verdict."""
    lines = []
    for pool, claimed in pools:
        if not claimed:
            continue
        if verdict == "supported" and pool.direction != claimed:
            lines.append(f"{pool.title}: the interval does not lie {claimed} no effect.")
        if verdict in ("contradicted", "not established") and pool.direction == claimed:
            lines.append(f"{pool.title}: the interval lies {claimed} no effect.")
    return lines
