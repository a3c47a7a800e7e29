"""The cells of one row of observations: each is read, and what is wrong with it is collected."""

import re
from collections.abc import Iterable, Mapping

from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.covariates import Description, describe
from speciosa.pharmacology.pieces import in_amounts
from speciosa.regimen import Regimen, parse_regimen
from speciosa.validation.observed import spelling
from speciosa.validation.observed.observations import (
    EFFECT_METRICS,
    EFFECTS,
    EXPOSURE_METRICS,
    METRICS,
)

_FED = re.compile(r"[\s,]+(fasted|fasting|fed)\s*(?=;|$)", re.IGNORECASE)
_GROUPS = frozenset(
    {
        "age",
        "bmi",
        "cyp2b6",
        "cyp2c19",
        "cyp2c9",
        "cyp2d6",
        "cyp3a",
        "egfr",
        "female",
        "food",
        "hepatic",
    }
)
"""What sets groups apart that a study compares, for itself."""
_SAME = frozenset({"same", "the same", "doses", "same dose", "same regimen"})


def read_regimen(
    text: str, where: str, known_products: Mapping[str, str], faults: list[Fault]
) -> Regimen | None:
    """A regimen whose products are all known."""
    try:
        regimen = parse_regimen(in_amounts(spelling.doses(text)))
    except InputError as error:
        faults += [
            Fault(f"{where}, {fault.where}", fault.expected, fault.found, fault.fix)
            for fault in error.faults
        ]
        return None
    for dose in regimen.doses:
        if dose.product is None:
            faults.append(Fault(where, "a product in every dose", str(dose)))
        elif dose.product.casefold() not in known_products:
            faults.append(unknown(f"{where}, product", dose.product, known_products))
    return regimen


def read_comparison(
    text: str,
    described: str,
    regimen: Regimen | None,
    patient: Description,
    where: str,
    known_products: Mapping[str, str],
    faults: list[Fault],
) -> tuple[Regimen | None, Description | None]:
    """What a row is compared with: a regimen, and the description of who takes it where one is given.

    The description stands behind the regimen (``30 mg codeine oral; cyp2d6=normal``), alone, which means the regimen of the
    row, or in a column of its own. What it leaves out is as in `patient`. No regimen where nothing is written.
    """
    text, meal = meal_apart(text)
    parts = [part.strip() for part in re.split(r"[;|{}()]|\bwith\b", text) if part.strip()]
    about = [part for part in parts if _of_people(part)] + [described, meal]
    doses = [part for part in parts if part not in about and part.casefold() not in _SAME]
    own, own_faults = describe("; ".join(filter(None, about)), f"{where}, covariates")
    faults += own_faults
    against = Description({**patient.values, **own.values}) if any(about) else None
    if doses:
        return read_regimen("; ".join(doses), where, known_products, faults), against
    return (regimen if against is not None or parts else None), against


def usual_comparison(regimen: Regimen | None, patient: Description) -> Regimen | None:
    """The same doses, where a ratio says with whom nothing is compared but describes a group: it is one to people not described.

    Example:
        >>> group = describe("hepatic=moderate")[0]
        >>> print(usual_comparison(parse_regimen("100 mg tapentadol oral"), group))
        100 mg tapentadol oral
        >>> usual_comparison(parse_regimen("100 mg tapentadol oral"), describe("weight=70 kg")[0]) is None
        True
    """
    one = regimen is not None and len(regimen.products) == 1
    return regimen if one and _GROUPS & set(patient.values) else None


def _of_people(part: str) -> bool:
    """Whether a part of a comparison says who takes it rather than what is taken."""
    found, faults = describe(part)
    return bool(re.search("[=<>≤≥]", part)) or bool(found.values and not faults)


def meal_apart(text: str) -> tuple[str, str]:
    """A regimen without a last word on meals, and that word as a description.

    Example:
        >>> meal_apart("10 mg oxymorphone oral fed"), meal_apart("10 mg oxymorphone oral")
        (('10 mg oxymorphone oral', 'fed'), ('10 mg oxymorphone oral', ''))
    """
    said = dict.fromkeys(word.casefold() for word in _FED.findall(text))
    return _FED.sub("", text), "; ".join(said)


def read_analyte(
    text: str, where: str, known: Mapping[str, str], faults: list[Fault]
) -> str | None:
    """A substance, metabolite/parent or effect by the name of the library."""
    if spelling.effect(text) in EFFECTS:
        return spelling.effect(text)
    parts = [part.strip() for part in re.split(r"/|:|\s+to\s+", text)]
    names = [known.get(part.casefold()) for part in parts]
    if len(parts) > 2 or not text:
        faults.append(Fault(f"{where}, analyte", "a substance, metabolite/parent or effect", text))
        return None
    why = spelling.not_modelled(text)
    if why:
        faults.append(Fault(f"{where}, analyte", "an effect that is modelled", repr(text), why))
        return None
    for part, name in zip(parts, names, strict=True):
        if name is None:
            every = {**known, **dict.fromkeys(EFFECTS)}
            faults.append(unknown(f"{where}, analyte", part, {k: v or k for k, v in every.items()}))
    return "/".join(name for name in names if name) if all(names) else None


def read_metric(text: str, analyte: str | None, where: str, faults: list[Fault]) -> str | None:
    """A metric that fits what was measured."""
    by_fold = {name.casefold(): name for name in METRICS}
    metric = by_fold.get(text.casefold())
    if metric is None:
        faults.append(
            Fault(
                f"{where}, metric",
                "one of "
                + ", ".join((*EXPOSURE_METRICS, *EFFECT_METRICS))
                + ", any exposure metric also with _ratio",
                repr(text),
                _hint(text, METRICS),
            )
        )
        return None
    if analyte is not None and (analyte in EFFECTS) != (metric in EFFECT_METRICS):
        fitting = EFFECT_METRICS if analyte in EFFECTS else EXPOSURE_METRICS
        faults.append(
            Fault(f"{where}, metric of {analyte}", "one of " + ", ".join(fitting), metric)
        )
        return None
    return metric


def area_meant(regimen: Regimen | None, at: str) -> str:
    """Which area is meant by AUC alone: to the time given, of an interval, or the whole."""
    if at:
        return "AUC0-t"
    repeated = regimen is not None and any(dose.count > 1 for dose in regimen.doses)
    return "AUC_tau" if repeated and len(regimen.doses if regimen else ()) == 1 else "AUC0-inf"


def read_number(text: str, where: str, faults: list[Fault]) -> float | None:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) == float("inf"):
        faults.append(Fault(where, "a number", repr(text)))
        return None
    return value


def read_count(text: str, where: str, faults: list[Fault]) -> int | None:
    """A number of subjects or trials; nothing where none is given."""
    if not text:
        return None
    value = read_number(text, where, faults)
    if value is None:
        return None
    if value < 1 or value != int(value):
        faults.append(Fault(where, "a whole number, 1 or more", text))
        return None
    return int(value)


def read_choice(
    text: str, known: tuple[str, ...], usual: str, where: str, faults: list[Fault]
) -> str:
    """One of the known words; the usual one where the cell is empty."""
    chosen = text or usual
    if chosen not in known:
        faults.append(Fault(where, "one of " + ", ".join(known), repr(chosen)))
    return chosen


def unknown(where: str, name: str, known: Mapping[str, str]) -> Fault:
    """A name that nobody knows: what is known by its own names, and which other names are like it."""
    names = sorted(set(known.values()))
    return Fault(where, "one of " + ", ".join(names), repr(name), _hint(name, known))


def _hint(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"Did you mean {' or '.join(near)}?" if near else ""
