"""Regimens as users write them in studies and in the app: a text with several faults has all of them named."""

from collections.abc import Iterator

from speciosa.errors import Fault, InputError, RegimenError
from speciosa.facts.products import form_of, known
from speciosa.pharmacology.pieces import in_amounts
from speciosa.regimen import Regimen, parse_regimen, products_named


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


def _unknown(text: str) -> Iterator[Fault]:
    for where, product in products_named(text):
        if product.casefold() not in known():
            try:
                form_of(product, None, where)
            except InputError as error:
                yield from error.faults
