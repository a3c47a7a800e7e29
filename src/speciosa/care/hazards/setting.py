"""What the hazards of every arm share: the draws, the people and their surroundings."""

from collections.abc import Mapping
from dataclasses import dataclass

from speciosa.care.mechanism import Untreated
from speciosa.care.stepping.arrays import Floats

WEEK_D = 7.0
NALTREXONE = "naltrexone"
BESIDE = 1e-3
"""Odds of use beside the prescription in people with pain: next to none; what stops their breathing is recorded, not derived."""


@dataclass(frozen=True)
class Setting:
    """What does not depend on the arm.

    Attributes:
        values: of the parameters, each ``(draws,)``.
        untreated: readings without a medicine, at the same draws.
        reference: where tolerance settles under the usual dose of each calibrated substance, ``(draws,)``.
        days: of follow-up.
        prescribed: share of people whose opioid is a prescribed one.
        fentanyl: share of the supply that is fentanyl-like.
        returns: hazard of return to treatment, 1/d, ``(draws,)``; 0 for none.
        followed: share of those who left who are still interviewed, ``(draws,)``.
        fatal_ratio: ratio of the odds that an overdose kills, by naloxone at hand.
        using_after: share who return to use soon after leaving, where a plan says.
        pain: numbers of chronic pain, where the plan is of it.
        habitual_mme: use before treatment, mg of morphine a day.
        tolerant: whether overdose follows tolerance; False holds it at that of habitual use.
        homeless: share of people without a home.
        justice: share sent by courts or coming from prison.
        clean: whether people begin abstinent, detoxified or for a time without use.
        clean_d: days for which they have not used where they could, so that the first are past.
    """

    values: Mapping[str, Floats]
    untreated: Untreated
    reference: Mapping[str, Floats]
    days: int
    prescribed: float
    fentanyl: float
    returns: Floats
    followed: Floats
    fatal_ratio: Floats | float = 1.0
    using_after: float | None = None
    pain: Mapping[str, Floats] | None = None
    habitual_mme: float = 120.0
    tolerant: bool = True
    homeless: float = 0.0
    justice: float = 0.0
    clean: bool = False
    clean_d: float = 0.0

    @property
    def draws(self) -> int:
        """How many."""
        return len(self.returns)
