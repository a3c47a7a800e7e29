"""How much of a substance is taken in a day, and the largest daily dose that a label or a study tells of.

Limits are facts, with the harm of more in their notes. Those of a route are compared with amounts as labels state them, of the
salt where a label states a salt; those of any route with all that is taken of the substance itself. Of leaf and extracts, the
alkaloid counts.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa import facts
from speciosa.errors import FactError, UnknownNameError
from speciosa.facts.products import contents, form_of
from speciosa.facts.schema import Parameter
from speciosa.facts.sheets.sheet import sheet
from speciosa.facts.translate import mme
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.limits import WEIGHT_KG
from speciosa.regimen import ROUTES, Dose, Regimen

DAY_H = 24.0
_SALT = 0.2
"""Least share of a substance in a medicine that is stated by its own weight; leaf and extracts hold less."""
KINDS = (
    "label_dose_daily_max",
    "label_dose_daily_effective_max",
    "label_dose_tolerant_only",
    "reported_intake_max",
)
Taken = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """A daily dose beyond which a reader is told something.

    Attributes:
        kind: ``label_dose_daily_max``, ``label_dose_daily_effective_max`` (labels call no more effective and state no
            largest dose), ``label_dose_tolerant_only`` (above it labels ask for tolerance) or ``reported_intake_max``
            (the largest mean of people who take it).
        mg: a day.
        harm: of more, in words.
        fact: id of the row.
        reference: key of its source.
    """

    kind: str
    mg: float
    harm: str
    fact: str
    reference: str


def daily_limits(substance: str, route: str) -> tuple[DailyLimit, ...]:
    """What labels and studies say of the largest daily dose by a route, or by any if it is empty; the largest of a kind first.

    Example:
        >>> [(limit.kind, limit.mg) for limit in daily_limits("oxycodone", "oral")]
        [('label_dose_daily_max', 320.0), ('label_dose_tolerant_only', 80.0)]
    """
    return _limits().get((substance, route)) or ()


def daily_mg(regimen: Regimen) -> Taken:
    """The most of each substance that is begun within a day.

    By each route in milligrams as labels state them; and under the route "" all of the substance, where no limit is of a
    route, as the product of its own name states it: a label of diclofenac counts the salt, one of naproxen the acid. Of what
    is given for longer than a day, such as a patch, the part of a day counts. Doses by weight are of 70 kg.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> daily_mg(parse_regimen("30 mg morphine oral every 4 h x 12"))
        {('morphine', 'oral'): 180.0}
    """
    begun: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for dose in regimen.doses:
        for (substance, route), (stated, base) in _of_dose(dose).items():
            begun[substance, route] += [(at, stated) for at in dose.times_h]
            if (substance, "") in _limits():
                begun[substance, ""] += [
                    (at, base / stated_share(substance)) for at in dose.times_h
                ]
    return {way: round(_most_in_a_day(sorted(times)), 6) for way, times in begun.items()}


def daily_mme(taken: Taken) -> float:
    """Morphine equivalents a day of what is swallowed and of patches, by the published factors; other routes have none.

    Example:
        >>> daily_mme({("morphine", "oral"): 60.0, ("oxycodone", "oral"): 20.0, ("midazolam", "oral"): 5.0})
        90.0
    """
    total = 0.0
    for (substance, route), mg in taken.items():
        try:
            if route == "oral":
                total += mme(substance, mg).value
            elif route == "transdermal":
                total += mme(substance, mg * 1e3 / DAY_H, "ug/h").value
        except FactError:
            continue
    return total


def mme_caution() -> DailyLimit:
    """Morphine equivalents a day above which guidelines urge caution."""
    row = facts.records("parameters", parameter="MME_caution")[0]
    return DailyLimit(row.parameter, row.value, row.note, row.id, row.reference)


def _of_dose(dose: Dose) -> dict[tuple[str, str], tuple[float, float]]:
    """Milligrams a day of one dose by substance and route: as the label states them, and of the substance itself."""
    form = form_of(dose.product or "", dose.route)
    share = {content.substance: content.per_unit for content in form.contents}
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for part in schedule(Regimen((dose,))).doses:
        substance = part.way.substance
        mg = (
            part.nmol
            * sheet(substance).molar_mass.to("g/mol")
            * 1e-6
            * (WEIGHT_KG if part.way.per_kg else 1.0)
        )
        mg *= min(1.0, DAY_H / part.over_h) if part.over_h else 1.0
        salt = share[substance] if len(share) == 1 and share[substance] > _SALT else 1.0
        found[substance, part.way.route] = (mg / salt, mg)
    return found


@lru_cache(maxsize=256)
def stated_share(substance: str) -> float:
    """How much of a substance is in what the product of its own name states; all of it where there is no such medicine.

    Example:
        >>> [stated_share(name) for name in ("diclofenac", "acetaminophen", "grapefruit_juice", "mitraciliatine")]
        [0.886, 1.0, 1.0, 1.0]
    """
    try:
        held = contents(substance)
    except UnknownNameError:
        return 1.0
    return held[substance].value if set(held) == {substance} else 1.0


def _most_in_a_day(begun: list[tuple[float, float]]) -> float:
    """The largest sum of what begins within 24 h, of (hour, amount) in order of time."""
    most = within = 0.0
    first = 0
    for at, amount in begun:
        within += amount
        while begun[first][0] <= at - DAY_H + 1e-9:
            within -= begun[first][1]
            first += 1
        most = max(most, within)
    return most


@lru_cache(maxsize=1)
def _limits() -> Mapping[tuple[str, str], tuple[DailyLimit, ...]]:
    found: dict[tuple[str, str], list[DailyLimit]] = defaultdict(list)
    for kind in KINDS:
        rows: tuple[Parameter, ...] = facts.records("parameters", parameter=kind)
        for row in sorted(rows, key=lambda each: -(each.value or 0.0)):
            routes = set(ROUTES) & {part.strip() for part in row.system.split(",")}
            for route in routes or {""}:
                if row.value is not None:
                    limit = DailyLimit(kind, row.value, row.note, row.id, row.reference)
                    found[row.substance, route].append(limit)
    by_route = {substance for substance, route in found if route}
    return {
        (substance, route): tuple(limits)
        for (substance, route), limits in found.items()
        if route or substance not in by_route
    }
