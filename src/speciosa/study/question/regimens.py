"""Regimens as users write them in studies and in the app: a text with several faults has all of them named."""

from collections.abc import Iterator

from speciosa.errors import Fault, InputError, RegimenError
from speciosa.facts.products import form_of, known
from speciosa.regimen import Regimen, parse_regimen, products_named


def read_regimen(text: str) -> Regimen:
    """The regimen of a text; beside faults of its grammar, products that nobody knows are named too.

    Whether a text without such faults names products that can be given, `study.check` tells.

    Raises:
        RegimenError: every fault of every dose.

    Example:
        >>> try:
        ...     read_regimen("5 spoons kratm_leaf oral")
        ... except RegimenError as error:
        ...     [fault.found for fault in error.faults]
        ['spoons', "'kratm_leaf'"]
    """
    try:
        return parse_regimen(text)
    except RegimenError as error:
        raise RegimenError((*error.faults, *_unknown(text))) from None


def _unknown(text: str) -> Iterator[Fault]:
    for where, product in products_named(text):
        if product.casefold() not in known():
            try:
                form_of(product, None, where)
            except InputError as error:
                yield from error.faults
