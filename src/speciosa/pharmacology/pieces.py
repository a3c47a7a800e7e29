"""Doses counted in pieces of a product (capsules, glasses, sprays), where the product says how much one holds."""

import re

from speciosa.facts.products import piece
from speciosa.prescribing import NUMBER

_PIECES = re.compile(
    rf"\s*({NUMBER})\s*([A-Za-z]+)\s+(?:of\s+)?([A-Za-z0-9][\w -]*)(.*)", re.DOTALL
)
_MOST_WORDS = 4


def in_amounts(text: str) -> str:
    """A regimen whose doses in pieces of a product are amounts, where the product says how much one holds.

    Example:
        >>> in_amounts("2 capsules kratom po tid for 1 d; 10 mg oxycodone oral")
        '1 g kratom_capsule po tid for 1 d; 10 mg oxycodone oral'
    """
    return ";".join(_weighed(part) for part in text.split(";"))


def _weighed(text: str) -> str:
    found = _PIECES.fullmatch(text)
    if found is None:
        return text
    words = found[3].split()
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        name = "_".join(words[:count]).casefold()
        for wanted in (f"{name}_{found[2].casefold().rstrip('s')}", name):
            held = piece(wanted, found[2])
            if held is not None:
                rest = " ".join(words[count:])
                return f"{float(found[1]) * held[0]:.12g} {held[1]} {wanted} {rest}{found[4]}"
    return text
