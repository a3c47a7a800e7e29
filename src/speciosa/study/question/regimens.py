"""Regimens as users write them in studies and in the app: a text with several faults has all of them named."""

import re
from collections.abc import Iterator

from speciosa.errors import Fault, InputError, RegimenError
from speciosa.facts.products import form_of, known, piece
from speciosa.prescribing import NUMBER
from speciosa.regimen import Regimen, parse_regimen, products_named

_PIECES = re.compile(
    rf"\s*({NUMBER})\s+([A-Za-z]+)\s+(?:of\s+)?([A-Za-z0-9][\w -]*)(.*)", re.DOTALL
)
_MOST_WORDS = 4


def read_regimen(text: str) -> Regimen:
    """The regimen of a text; beside faults of its grammar, products that nobody knows are named too.

    Capsules, glasses and sprays count where the product says how much one holds. Whether a text without faults names
    products that can be given, `study.check` tells.

    Raises:
        RegimenError: every fault of every dose.

    Example:
        >>> try:
        ...     read_regimen("5 spoons kratm_leaf oral")
        ... except RegimenError as error:
        ...     [fault.found for fault in error.faults]
        ['spoons', "'kratm_leaf'"]
        >>> print(read_regimen("2 glasses of kratom tea oral every 8 h for 1 d"))
        8.12 g kratom_tea oral every 8 h x 3
    """
    written = in_amounts(text)
    try:
        return parse_regimen(written)
    except RegimenError as error:
        raise RegimenError((*error.faults, *_unknown(written))) from None


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


def _unknown(text: str) -> Iterator[Fault]:
    for where, product in products_named(text):
        if product.casefold() not in known():
            try:
                form_of(product, None, where)
            except InputError as error:
                yield from error.faults
