"""How the trials of the project's networks came to be pooled: found, left out by reason, pooled."""

from dataclasses import dataclass

import polars as pl

from speciosa import facts
from speciosa.evidence.ledger.network_definitions import definition_of, rows_of_network


@dataclass(frozen=True)
class TrialFlow:
    """How the trials of a network came to be pooled, in the manner of PRISMA.

    Attributes:
        reviews: whose search and choice of trials is taken over.
        searches: our own, each with its day, places and what was found.
        found: trials of the outcome that the fact base holds or that were looked for.
        steps: trials that take no part, by reason, in order.
        pooled: trials left.
    """

    reviews: str
    searches: tuple[str, ...]
    found: int
    steps: tuple[tuple[str, int], ...]
    pooled: int

    def __str__(self) -> str:
        left = "; ".join(f"{count} {why}" for why, count in self.steps if count)
        count = "1 study" if self.found == 1 else f"{self.found} studies"
        told = f"{count}; {left}; {self.pooled} pooled." if left else f"{count}, pooled."
        reviews = f" Reviews: {self.reviews}." if self.reviews else ""
        return told + reviews + "".join(f" Search {one}." for one in self.searches)


def flow_of(
    name: str, pooled: int, uninformative: int = 0, *, without_recalled: bool = True
) -> TrialFlow | None:
    """The flow of trials into one of the project's networks; None for another name.

    Args:
        name: of the network.
        pooled: trials that are pooled.
        uninformative: trials that say nothing on the measure.
        without_recalled: whether trials whose figures are recalled were left out.

    Example:
        >>> str(flow_of("psychosocial_addon", 1))
        '1 study, pooled.'
    """
    spec = definition_of(name)
    if not spec:
        return None
    rows = rows_of_network(spec)
    apart = [study for study in rows["study"].unique().to_list() if study in spec.get("apart", {})]
    rest = rows.filter(~pl.col("study").is_in(apart))
    recalled = rest.filter(pl.col("seen").is_in(facts.ASSUMED))["study"].n_unique()
    missing = len(spec.get("looked_for", {}))
    searched = {row["id"]: row for row in facts.table("searches").to_dicts()}
    told = tuple(
        f"{row['on']}, {row['places']}: {row['found']}"
        for key in spec.get("searches", [])
        if (row := searched.get(key))
    )
    return TrialFlow(
        spec.get("reviews", ""),
        told,
        rows["study"].n_unique() + missing,
        (
            ("without figures by arm", missing),
            ("of people in another setting", len(apart)),
            ("known from memory only", recalled if without_recalled else 0),
            ("without information on the measure", uninformative),
        ),
        pooled,
    )
