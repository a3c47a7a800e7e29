"""Ratios of areas that were observed in people when one substance was given with another."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from speciosa.errors import InputError, UnknownNameError
from speciosa.facts import records
from speciosa.facts.schema import StudyResult
from speciosa.facts.tables import read_rows
from speciosa.interaction.parties import party, usual_route
from speciosa.regimen import parse_regimen
from speciosa.validation.observed.shipped import OBSERVATIONS

_FILES = ("interactions.csv", "interactions-check.csv")
_OF_AREA = ("AUC0-inf_ratio", "AUC0-t_ratio", "AUC_tau_ratio")
_GEOMETRIC = "geometric mean ratio (90% CI)"


@dataclass(frozen=True, slots=True)
class Observed:
    """What studies of one pair found.

    Attributes:
        ratio: median over the studies of the ratio of areas.
        low, high: the least and the greatest of them, or the ends of the interval of the only one.
        studies: how many.
        facts: ids of the rows.
        references: keys of the documents.
        recalled: none of the rows was seen in a document.
    """

    ratio: float
    low: float
    high: float
    studies: int
    facts: tuple[str, ...]
    references: tuple[str, ...]
    recalled: bool = False

    def __str__(self) -> str:
        studies = f"{self.studies} studies" if self.studies > 1 else "one study"
        spread = f", {self.low:.2g} to {self.high:.2g}" if self.high > self.low else ""
        return f"{self.ratio:.3g}-fold in {studies}{spread}"


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    ratio: float
    low: float
    high: float
    reference: str
    seen: str
    route: str


def observed_ratio(victim: str, perpetrator: str) -> Observed | None:
    """What was observed of the area of one substance with another, by its usual route where that was studied.

    Example:
        >>> found = observed_ratio("midazolam", "ketoconazole")
        >>> found.studies > 3, found.ratio > 5
        (True, True)
    """
    rows = _by_pair().get((victim, perpetrator), ())
    if not rows:
        return None
    rows = tuple(row for row in rows if row.route == usual_route(victim)) or rows
    return Observed(
        median(row.ratio for row in rows),
        min(row.low for row in rows),
        max(row.high for row in rows),
        len({row.reference if row.reference != _DATABASE else row.id for row in rows}),
        tuple(row.id for row in rows),
        tuple(dict.fromkeys(row.reference for row in rows)),
        all(row.seen == "recall" for row in rows),
    )


_DATABASE = "ospobserveddata"


@lru_cache(maxsize=1)
def _by_pair() -> dict[tuple[str, str], tuple[_Row, ...]]:
    found: dict[tuple[str, str], list[_Row]] = {}
    for name in _FILES:
        for row in read_rows(OBSERVATIONS / name):
            cells = row.cells
            if cells["metric"] not in _OF_AREA or not cells["versus"] or not cells["value"]:
                continue
            pair = _pair(cells["doses"], cells["versus"], cells["analyte"])
            if pair is not None:
                victim, perpetrator, route = pair
                ratio = float(cells["value"])
                found.setdefault((victim, perpetrator), []).append(
                    _Row(cells["id"], ratio, ratio, ratio, cells["reference"], cells["seen"], route)
                )  # fmt: skip
    for result in records("studies", effect_measure=_GEOMETRIC):
        _add_study(found, result)
    return {pair: tuple(rows) for pair, rows in found.items()}


def _pair(doses: str, versus: str, analyte: str) -> tuple[str, str, str] | None:
    """Victim, perpetrator and the route of the victim, where exactly one substance was added."""
    try:
        given, alone = parse_regimen(doses).doses, parse_regimen(versus).doses
        before = {dose.product for dose in alone}
        added = {dose.product for dose in given if dose.product and dose.product not in before}
        if len(added) != 1:
            return None
        acting = party(next(iter(added))).substances
    except (InputError, UnknownNameError):
        return None
    routes = {dose.route or "" for dose in alone}
    return analyte, acting[0], routes.pop() if len(routes) == 1 else ""


def _add_study(found: dict[tuple[str, str], list[_Row]], result: StudyResult) -> None:
    """A contrast of exposure of a study in the fact base: the drug alone against the drug with another."""
    victim, _, rest = result.outcome.partition(" AUC ratio")
    if not rest or result.estimate is None or result.comparator != f"{victim} alone":
        return
    others = [name.strip() for name in result.substances.split(";") if name.strip() != victim]
    for name in others:
        low, high = result.ci_low or result.estimate, result.ci_high or result.estimate
        row = _Row(result.id, result.estimate, low, high, result.reference, result.seen, "oral")
        for acting in party(name).substances:
            found.setdefault((victim, acting), []).append(row)
