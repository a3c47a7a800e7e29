"""How common the phenotypes of enzymes are, and what hurts people who come with chronic pain.

Shares are of people of European descent (`facts/data/phenotypes.toml` says where they were seen). What a phenotype does
to a clearance follows from the share of the enzyme in it, see `metabolism`.
"""

from dataclasses import dataclass

from speciosa.errors import UnknownNameError
from speciosa.pharmacology.covariates import figures


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Groups of people by one enzyme or another covariate: its value and the share of people, in the same order."""

    enzyme: str
    values: tuple[float, ...]
    shares: tuple[float, ...]
    source: str

    def at(self, quantile: float) -> float:
        """The value at a quantile between 0 and 1, values in increasing order.

        Example:
            >>> frequencies("cyp2d6").at(0.01), frequencies("cyp2d6").at(0.99)
            (0.0, 3.0)
        """
        below = 0.0
        for value, share in zip(self.values, self.shares, strict=True):
            below += share
            if quantile < below:
                return value
        return self.values[-1]

    @property
    def mean(self) -> float:
        """The mean activity.

        Example:
            >>> round(frequencies("cyp2d6").mean, 2)
            1.49
        """
        return sum(v * s for v, s in zip(self.values, self.shares, strict=True))


def polymorphic() -> tuple[str, ...]:
    """The enzymes whose phenotypes have known frequencies.

    Example:
        >>> polymorphic()
        ('cyp2d6', 'cyp2b6')
    """
    return tuple(figures()["frequency"])


def frequencies(enzyme: str) -> Frequencies:
    """How common the phenotypes of an enzyme are.

    Raises:
        UnknownNameError: an enzyme without known frequencies.
    """
    table = figures()["frequency"]
    if enzyme not in table:
        raise UnknownNameError("polymorphic enzyme", enzyme, table)
    entry = table[enzyme]
    total = sum(entry["shares"])
    shares = tuple(share / total for share in entry["shares"])
    return Frequencies(enzyme, tuple(map(float, entry["values"])), shares, entry["source"])


def groups(covariate: str) -> Frequencies | None:
    """How common the groups are into which people fall by a covariate; nothing where it has none.

    Example:
        >>> found = groups("condition")
        >>> found.shares if found else None
        (0.45, 0.3, 0.15, 0.1)
        >>> groups("weight") is None
        True
    """
    if covariate in polymorphic():
        return frequencies(covariate)
    entry = figures()["mixture"].get(covariate)
    if entry is None:
        return None
    return Frequencies(
        covariate, tuple(map(float, entry["values"])), tuple(entry["shares"]), entry["source"]
    )
