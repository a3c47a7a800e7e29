"""What a product holds: milligrams of each substance, as base, in what a dose states.

Products are in ``data/products.toml``; the typed numbers are `SheetParameter`, as in the model sheets, so that content
and its spread between lots carry their sources like any other number.
"""

from functools import lru_cache

from pydantic import ValidationError

from speciosa.errors import FactError, Fault
from speciosa.facts.products import Product, product
from speciosa.facts.sheets.sheet import SheetParameter


@lru_cache(maxsize=512)
def contents(name: str) -> dict[str, SheetParameter]:
    """The substances of a product, each with its content; `omega` is the spread between lots and brands.

    Args:
        name: a product's id or any of its aliases.

    Raises:
        UnknownNameError: no such product.
        FactError: contents that cannot be read, every fault named.

    Example:
        >>> round(contents("kratom_tea")["mitragynine"].to("mg/g"), 2), contents("Suboxone")["buprenorphine"].value
        (19.48, 1.0)
    """
    return _read(product(name))


def _read(found: Product) -> dict[str, SheetParameter]:
    read, faults = {}, []
    for substance, entry in found.entry.get("contents", {}).items():
        try:
            read[substance] = SheetParameter.model_validate(entry)
        except ValidationError as error:
            faults += [
                Fault(
                    f"products, {found.id}, {substance}",
                    each["msg"].removeprefix("Value error, "),
                    repr(each["input"])[:60],
                )
                for each in error.errors()
            ]
    if not read and not faults:
        faults.append(Fault(f"products, {found.id}", "contents", "none"))
    if faults:
        raise FactError(faults)
    return read
