"""The models at whose random points the exposure parts are compared with formulas written out by hand."""

from functools import cache

from tests.pharmacology.parts.exposure.by_hand.metabolism import Hand
from tests.pharmacology.parts.points import point

from speciosa.facts.sheets.sheet import names, sheet
from speciosa.model import Equations
from speciosa.pharmacology.assembly import descendants, system
from speciosa.pharmacology.exposure.absorption import Way

GIVEN = tuple(name for name in names() if sheet(name).absorption)
TOGETHER = (
    ("midazolam", "itraconazole"),
    ("oxycodone", "rifampicin", "ketoconazole"),
    ("mitragynine", "midazolam"),
    ("mitragynine", "rifampicin", "paroxetine"),
    ("methadone", "efavirenz"),
    ("codeine", "quinidine"),
    ("dextromethorphan", "paroxetine"),
    ("fentanyl", "ritonavir", "fluconazole"),
    ("buprenorphine", "voriconazole"),
    ("tramadol", "duloxetine"),
)
"""Substances whose interactions are compared, as blockers, destroyers and inducers of the same and of other enzymes."""


@cache
def alone(substance: str) -> tuple[Equations, tuple[Way, ...]]:
    """One substance by all its ways and all that is formed of it, without interactions."""
    ways = tuple(Way(substance, entry.route, entry.form) for entry in sheet(substance).absorption)
    family = descendants((substance,))
    model = system([substance], family, ways=ways, interactions=False)
    return model.build(), ways


@cache
def together(given: tuple[str, ...]) -> tuple[Equations, tuple[Way, ...]]:
    """Several substances by their first two ways and all that is formed of them, with interactions."""
    ways = tuple(
        Way(name, entry.route, entry.form) for name in given for entry in sheet(name).absorption[:2]
    )
    return system(given, descendants(given), ways=ways).build(), ways


def hand(equations: Equations, ways: tuple[Way, ...], seed: int, **given: float) -> Hand:
    """The same model by hand, at a random point."""
    at = point(equations, seed, **given)
    held = [
        name.removeprefix("central_") for name in equations.state_names if name.startswith("cent")
    ]
    return Hand(at, held, ways)


class Plain(dict):
    """The numbers of a sheet that was made up, as they stand."""

    def __init__(self, m, of):
        self.m, self.sheet = m, of

    def __call__(self, path, unit):
        if path not in self:
            self[path] = self.m.parameter(path, self.sheet.parameters()[path].to(unit), unit)
        return self[path]
