"""The numbers of the overdose model, from ``facts/data/effects/overdose.csv``.

Each row names its block, symbol, value, unit and where it was seen. Symbols are those of the published code, so that a
reader can find them there.

Source: Mann J et al., Development of a Translational Model to Assess the Impact of Opioid Overdose and Naloxone Dosing
on Respiratory Depression and Cardiac Arrest, Clin Pharmacol Ther 2022;112:1020, doi:10.1002/cpt.2696.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.delimited import read_text_table
from speciosa.errors import UnknownNameError
from speciosa.facts.tables import DATA
from speciosa.units import factor


@dataclass(frozen=True, slots=True)
class OverdoseNumber:
    """One number of the overdose model with its unit and its source."""

    block: str
    symbol: str
    value: float
    unit: str
    meaning: str
    source: str

    def to(self, unit: str) -> float:
        """The value in another unit of the same dimension.

        Example:
            >>> number("physiology", "tau_Dc").to("min")
            1.0
        """
        return self.value * factor(self.unit, unit)


@lru_cache(maxsize=1)
def numbers() -> Mapping[tuple[str, str], OverdoseNumber]:
    """Every number by (block, symbol)."""
    table = read_text_table(DATA / "effects" / "overdose.csv")
    return {
        (row["block"], row["symbol"]): OverdoseNumber(
            row["block"],
            row["symbol"],
            float(row["value"]),
            row["unit"],
            row["meaning"],
            f"{row['reference']}, {row['location']}",
        )
        for _, row in table.records()
    }


def number(block: str, symbol: str) -> OverdoseNumber:
    """One number of the overdose model.

    Raises:
        UnknownNameError: no such number.

    Example:
        >>> number("collapse", "delay").to("s")
        220.0
    """
    found = numbers().get((block, symbol))
    if found is None:
        raise UnknownNameError(
            "number of the overdose model",
            f"{block} {symbol}",
            [" ".join(key) for key in numbers()],
        )
    return found
