"""Whether the trials of a network agree, and what may be said where they do not.

A ranking needs direct and indirect evidence to tell one story. Where the design-by-treatment test says that they do not
(p below 0.05), estimates are still shown, each beside that test; ranks are withheld.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from speciosa.evidence.network.data import Network, NetworkStudy
from speciosa.evidence.network.inconsistency import InteractionTest, design_by_treatment, net_split
from speciosa.evidence.network.words import people_text
from speciosa.evidence.printed import p_text

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult

# The customary level of the global test (Higgins 2012, doi:10.1002/jrsm.1044).
LEVEL = 0.05


@dataclass(frozen=True)
class Coherence:
    """What stands beside every result of a network.

    Attributes:
        studies: how many are pooled.
        people: in them; None where one does not state its people.
        told_people: people in words, with how many studies state them where not all do.
        test: the design-by-treatment test of inconsistency.
        left_out: studies that take no part, with the reason.
        notes: what a reader should look at.
    """

    studies: int
    people: float | None
    told_people: str
    test: InteractionTest
    left_out: dict[str, str]
    notes: tuple[str, ...]

    @property
    def coherent(self) -> bool | None:
        """Whether the designs agree; None where nothing can tell."""
        return None if self.test.p is None else self.test.p >= LEVEL

    @property
    def ranking(self) -> str:
        """Why ranks are withheld, or nothing."""
        if self.coherent is not False:
            return ""
        return f"Ranks are withheld: direct and indirect evidence disagree ({p_text(self.test.p)})."

    @property
    def verdict(self) -> str:
        """Whether the designs agree, in one sentence."""
        test = self.test
        if test.p is None:
            return "No design overlaps another: whether direct and indirect evidence agree cannot be tested."
        told = f"Q {test.q:.2f} on {test.df}, {p_text(test.p)}"
        if self.coherent:
            return f"Designs agree within chance (design-by-treatment test: {told})."
        return f"Designs disagree (design-by-treatment test: {told}): the network is not coherent, and its ranks are withheld."

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        test = self.test
        return {
            "k": self.studies,
            "people": self.people,
            "inconsistency": {
                "Q": test.q,
                "df": test.df,
                "p": test.p,
                "tau2_within": test.tau2_within,
            },
            "coherent": self.coherent,
            "ranking_withheld": self.ranking or None,
            "left_out": self.left_out,
            "notes": list(self.notes),
        }


def coherence(network: Network) -> Coherence:
    """Studies, people and the design-by-treatment test of a network.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> rows = {"study": ["s1", "s2", "s3"], "treat1": ["a", "b", "a"], "treat2": ["p", "p", "b"],
        ...         "effect": [-1.0, -0.4, 0.4], "se": [0.1, 0.1, 0.1]}
        >>> found = coherence(read_network(rows))
        >>> found.coherent, found.test.df
        (False, 1)
    """
    return Coherence(
        len(network.studies),
        network.people,
        people_text(network) or "people not stated",
        design_by_treatment(network),
        dict(network.excluded),
        network.notes,
    )


def by_comparison(result: "NetworkResult") -> pl.DataFrame:
    """What each comparison with the reference rests on, one row a treatment: the signals of its certainty, not a judgement.

    Columns: ``treatment``, ``trials`` and ``people`` that compare the two directly (people null where not stated),
    ``share_direct`` of the estimate, ``excludes_no_effect`` (its interval), ``new_study_excludes_no_effect`` (its prediction
    interval, null without one), ``direct_against_indirect_p`` (null without both).

    Example:
        >>> from speciosa.evidence.network.result import network_meta_analysis
        >>> arms = {"study": ["s1", "s1"], "treatment": ["a", "p"], "events": [5, 9], "n": [50, 50]}
        >>> by_comparison(network_meta_analysis(arms, reference="p")).row(0)
        ('a', 1, 100.0, 1.0, False, None, None)
    """
    base, split = result.reference, net_split(result)
    split_p = {frozenset((row["treat1"], row["treat2"])): row["p"] for row in split.to_dicts()}
    against = {row["treat1"]: row for row in result.against().to_dicts()}
    rows = []
    for name in result.order:
        if name == base:
            continue
        row = against[name]
        direct = [s for s in result.network.studies if {name, base} <= set(s.treatments)]
        sizes = [_compared(study, {name, base}) for study in direct]
        rows.append(
            {
                "treatment": name,
                "trials": len(direct),
                "people": None
                if None in sizes or not sizes
                else float(sum(n or 0.0 for n in sizes)),
                "share_direct": row["proportion_direct"],
                "excludes_no_effect": row["ci_low"] * row["ci_high"] > 0,
                "new_study_excludes_no_effect": None
                if row["pi_low"] is None
                else row["pi_low"] * row["pi_high"] > 0,
                "direct_against_indirect_p": split_p.get(frozenset((name, base))),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _compared(study: NetworkStudy, pair: set[str]) -> float | None:
    """People of a study in the arms of two treatments; None where not stated."""
    if set(study.treatments) == pair:
        return study.people
    sizes = [arm.people for arm in study.arms if arm.treatment in pair]
    return None if None in sizes or not sizes else sum(n or 0.0 for n in sizes)
