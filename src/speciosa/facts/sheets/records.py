"""What a model sheet holds: the records of its parts, checked against each other when they are made.

A sheet names a substance's structure and numbers; see `speciosa.facts.sheets.sheet`, which reads them, and
``docs/model-sheets.md``, which explains every field. Between-patient spread (`omega`) is the standard deviation of a
normal deviate on the log scale, or on the logit scale where `scale` is ``logit``.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, model_validator

from speciosa.errors import UnknownNameError
from speciosa.facts.sheets.actions import Perpetration
from speciosa.facts.sheets.kinetics import Absorption, Disposition, FirstPass, Pathway
from speciosa.facts.sheets.number import Covariate, SheetParameter, SheetRecord
from speciosa.facts.sheets.relieving import Relieving, Target

Role = Literal["substance", "metabolite", "perpetrator"]


class Sheet(SheetRecord):
    """Everything the models take for one substance; see the module and ``docs/model-sheets.md``."""

    substance: str
    role: Role = "substance"
    selected: str
    population: str = ""
    unknown: tuple[str, ...] = ()
    molar_mass: SheetParameter
    disposition: Disposition
    pathways: tuple[Pathway, ...] = ()
    first_pass: FirstPass | None = None
    absorption: tuple[Absorption, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    interactions: tuple[Perpetration, ...] = ()
    effects: dict[str, SheetParameter] = {}
    relief: Relieving | None = None
    without: dict[Target, str] = {}
    residual_cv: SheetParameter | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Sheet":
        total = sum(path.fraction.value for path in self.pathways)
        if self.pathways and abs(total - 1) > 1e-6:
            raise ValueError(f"fractions of the pathways sum to 1, found {total:g}")
        taken: set[tuple[str, str]] = set()
        for entry in self.absorption:
            if (entry.route, entry.form) in taken:
                raise ValueError(f"absorption {entry.route} {entry.form} is given twice")
            taken.add((entry.route, entry.form))
        named = [name for name, _ in _walk(self, "")]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"every number has its own name, given twice: {', '.join(twice)}")
        return self

    def parameters(self) -> dict[str, SheetParameter]:
        """Every number of the sheet under a dotted name.

        Example:
            >>> from speciosa.facts.sheets.sheet import sheet
            >>> sorted(sheet("morphine_6_glucuronide").parameters())[:3]
            ['absorption.iv.any.F', 'disposition.CL', 'disposition.V1']
        """
        return dict(_walk(self, ""))

    def entry(self, route: str, form: str = "any") -> Absorption:
        """The absorption of a form by a route: the exact one, else the one of any form.

        Raises:
            UnknownNameError: the route is not known for this substance; names those that are.
        """
        by_key = {(entry.route, entry.form): entry for entry in self.absorption}
        found = by_key.get((route, form)) or by_key.get((route, "any"))
        if found is None:
            known = [" ".join(key) for key in by_key]
            raise UnknownNameError(f"route of {self.substance}", f"{route} {form}", known)
        return found

    def has_route(self, route: str) -> bool:
        """Whether it is known how the substance gets in by a route."""
        return any(entry.route == route for entry in self.absorption)


def _walk(record: BaseModel, prefix: str) -> Iterator[tuple[str, SheetParameter]]:
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, SheetParameter):
            yield prefix + name, value
        elif isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, item in enumerate(value):
                yield from _walk(item, f"{prefix}{name}.{_label(item, number)}.")


def _label(item: BaseModel, number: int) -> str:
    if isinstance(item, Absorption):
        return f"{item.route}.{item.form}"
    if isinstance(item, Pathway):
        return f"{item.enzyme}.{item.metabolite}" if item.metabolite else item.enzyme
    if isinstance(item, Perpetration):
        return item.enzyme
    if isinstance(item, Covariate):
        return f"{item.name}_on_{item.on}"
    return str(number + 1)
