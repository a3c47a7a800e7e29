"""What a pool comes to, in words and on the natural scale."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speciosa.evidence.ledger.pools import PooledEvidence


@dataclass(frozen=True, slots=True)
class PoolResult:
    """A pool in words and on the natural scale; `pools.pooled` gives the analysis behind it.

    Attributes:
        id, title, note: as in the definition.
        estimate, ci_low, ci_high: natural scale.
        direction: ``above`` or ``below`` no effect if the interval excludes it, else ``unclear``.
        sentence: the pool in one sentence with its numbers.
        rows, recalled: fact ids behind the number; those whose figures were seen in no document.
        certainty: the level of certainty, None where none was judged.
        review: what published reviews say beside it.
    """

    id: str
    title: str
    note: str
    estimate: float
    ci_low: float
    ci_high: float
    direction: str
    sentence: str
    rows: tuple[str, ...]
    recalled: tuple[str, ...]
    certainty: str | None
    review: str

    @classmethod
    def of(cls, found: "PooledEvidence") -> "PoolResult":
        """The result of an analysis."""
        estimate, low, high = found.interval
        return cls(
            id=found.id,
            title=found.title,
            note=found.note,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            direction=found.direction,
            sentence=found.sentence(),
            rows=found.rows,
            recalled=found.recalled,
            certainty=found.certainty.level if found.certainty else None,
            review=found.review,
        )

    def as_dict(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "pool": self.id,
            "estimate": self.estimate,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "rows": list(self.rows),
            "recalled": list(self.recalled),
            "certainty": self.certainty,
            "sentence": self.sentence,
            "review": self.review,
        }
