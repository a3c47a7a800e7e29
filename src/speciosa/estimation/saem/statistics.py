"""What estimates are made of: statistics of the drawn random effects, averaged over iterations."""

from dataclasses import dataclass

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.design import Design, Individuals


@dataclass
class Statistics:
    """Averages over iterations of what the likelihood of random effects needs.

    Attributes:
        parameters: of each subject on the scale on which it varies, ``(subjects, varying)``.
        products: their products, summed over the subjects, ``(varying, varying)``.
        squares: mean squares of the effects of occasions, ``(changing,)``.
    """

    parameters: Floats
    products: Floats
    squares: Floats

    @classmethod
    def none(cls, design: Design, subjects: int) -> "Statistics":
        """Before the first iteration."""
        n = len(design.varying)
        return cls(np.zeros((subjects, n)), np.zeros((n, n)), np.zeros(len(design.changing)))

    def add(self, gain: float, typical: Floats, effects: Floats, present: Floats) -> None:
        """Moves the averages by `gain` towards those of the chains as they are.

        Args:
            gain: 1 forgets all before.
            typical: parameters of each subject without random effects, ``(subjects, varying)``.
            effects: random effects, ``(subjects, effects)``.
            present: of each subject the occasions that it has, ``(subjects, occasions)``.
        """
        n, m = typical.shape[1], len(self.squares)
        own = typical + effects[:, :n]
        self.parameters += gain * (own - self.parameters)
        self.products += gain * (own.T @ own - self.products)
        if m:
            within = effects[:, n:].reshape(len(effects), -1, m) ** 2
            mean = np.einsum("som,so->m", within, present) / present.sum()
            self.squares += gain * (mean - self.squares)

    def covariance(self, typical: Floats) -> Floats:
        """Of the random effects between individuals, about the typical parameters of each subject."""
        crossed = self.parameters.T @ typical
        return np.asarray(
            (self.products - crossed - crossed.T + typical.T @ typical) / len(typical)
        )


def first_groups(design: Design) -> Integers:
    """Of each subject the first group of records."""
    subjects = np.arange(len(design.prepared.ids))
    return np.asarray(np.searchsorted(design.prepared.group_subject, subjects))


def typical_of(design: Design, at: Individuals) -> Floats:
    """Parameters that vary between individuals, without random effects, of each subject's first records."""
    return at.base[first_groups(design)][:, list(design.varying)]


def occasions_of(design: Design) -> Floats:
    """Of each subject 1 for the occasions that it has."""
    found = np.zeros((len(design.prepared.ids), max(design.prepared.occasions, 1)))
    found[design.prepared.group_subject, design.prepared.group_occasion] = 1.0
    return found
