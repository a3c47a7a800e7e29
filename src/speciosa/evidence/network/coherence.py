"""Whether the trials of a network agree, and what may be said where they do not.

A ranking needs direct and indirect evidence to tell one story. Where the design-by-treatment test says that they do not
(p below 0.05), estimates are still shown, each beside that test; ranks are withheld.
"""

from dataclasses import dataclass
from typing import Any

from speciosa.evidence.network.data import Network
from speciosa.evidence.network.inconsistency import InteractionTest, design_by_treatment
from speciosa.evidence.printed import p_text

# The customary level of the global test (Higgins 2012, doi:10.1002/jrsm.1044).
LEVEL = 0.05


@dataclass(frozen=True)
class Coherence:
    """What stands beside every result of a network.

    Attributes:
        studies: how many are pooled.
        people: in their arms; None where some arm has no number.
        test: the design-by-treatment test of inconsistency.
        left_out: studies that take no part, with the reason.
        notes: what a reader should look at.
    """

    studies: int
    people: float | None
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
    arms = [arm for study in network.studies for arm in study.arms]
    known = network.arm_level and all(arm.n for arm in arms)
    return Coherence(
        len(network.studies),
        sum(arm.n or 0.0 for arm in arms) if known else None,
        design_by_treatment(network),
        dict(network.excluded),
        network.notes,
    )
