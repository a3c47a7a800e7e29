"""Rules of the audit for what is taken together: every substance and class that is named exists, and no trait stands twice."""

from collections.abc import Iterator

from speciosa.errors import Fault, nearest
from speciosa.facts.auditing.rows import Context
from speciosa.facts.interactions import RELATIONS
from speciosa.facts.record import split
from speciosa.facts.tables import Row


def interaction_faults(context: Context) -> Iterator[Fault]:
    """Everything wrong between traits, rules and the substances that they name."""
    first: dict[tuple[str, ...], Row] = {}
    for row in context.tables["traits"]:
        if row.cells.get("trait") in RELATIONS:
            yield from _named(row, "of", row.cells.get("of", ""), context)
        stands = tuple(row.cells.get(name, "") for name in ("substance", "trait", "of"))
        before = first.setdefault(stands, row)
        if before is not row and row.cells.get("trait") not in RELATIONS:
            yield Fault(row.where("trait"), "each trait of a substance once", before.where())
    for row in context.tables["interactions"]:
        for side in ("one", "other"):
            for selector in split(row.cells.get(side, "")):
                if ":" not in selector:
                    yield from _named(row, side, selector, context)


def _named(row: Row, column: str, name: str, context: Context) -> Iterator[Fault]:
    if name not in context.substances:
        near = nearest(name, context.substances)
        fix = f"Did you mean {near[0]}?" if near else ""
        yield Fault(row.where(column), "an id of substances.toml", repr(name), fix)
