"""Who the patient is: the covariates that the pharmacology reads, and how a text describes them.

A description fixes some covariates (``weight=80 kg; cyp2d6=poor; age=67``); what it leaves open is drawn from the
population or stands at the reference value. What a category means in numbers stands in
``facts/data/phenotypes.toml`` with its source.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from speciosa import units
from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.worded import keyed

_TO = re.compile(r"\s*(?:-|–|—|/|\bto\b|\bor\b|\band\b)\s*")
_OR = {"/", "or", "and"}
_DOSE_OF_A_USER = re.compile(r"(.*?)[\s,:]*([<>\d].*)")


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate of the models: unit, reference value, and the range in which it means something.

    `alleles` are worth of a genotype what two of them sum to. `beyond` is how far on the far side of an open bound
    (``age>70``) a group is taken to lie on average. The categories of a `graded` covariate are degrees of one thing, so
    that a group may lie between two (``mild to moderate``).
    """

    name: str
    unit: str
    reference: float
    least: float
    most: float
    meaning: str
    categories: Mapping[str, float] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    beyond: float | None = None
    graded: bool = False
    alleles: Mapping[str, float] = field(default_factory=dict)

    @property
    def example(self) -> str:
        """A value as one may be written."""
        return next(iter(self.categories), f"{self.reference:g}")


@dataclass(frozen=True, slots=True)
class Description:
    """The covariates that a text fixes, in the units of `COVARIATES`.

    Example:
        >>> describe("weight=80 kg; cyp2d6=poor")[0].values
        {'weight': 80.0, 'cyp2d6': 0.0}
    """

    values: Mapping[str, float] = field(default_factory=dict)

    def with_reference(self, names: tuple[str, ...]) -> dict[str, float]:
        """A value for each of `names`: as described, or else the reference patient's."""
        known = covariates()
        return {name: self.values.get(name, known[name].reference) for name in names}

    @property
    def implied(self) -> dict[str, float]:
        """What is described and what follows from it: the filtration usual at a described age, where the kidney is not.

        Example:
            >>> Description({"age": 80.0}).implied
            {'egfr': 60.0, 'age': 80.0}
        """
        found = dict(self.values)
        if "age" in found and "egfr" not in found:
            found = {"egfr": usual_filtration(found["age"]), **found}
        return found

    @property
    def key(self) -> tuple[tuple[str, float], ...]:
        """Something to group equal descriptions by."""
        return tuple(sorted(self.values.items()))


@lru_cache(maxsize=1)
def figures() -> Mapping[str, Any]:
    """The file of phenotypes and organ function, parsed."""
    text = (files("speciosa.facts") / "data" / "phenotypes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def covariates() -> Mapping[str, Covariate]:
    """Every covariate that a model of the library may read.

    Example:
        >>> covariates()["weight"].reference, covariates()["weight"].unit
        (70.0, 'kg')
    """
    return {
        name: Covariate(
            name=name,
            unit=entry["unit"],
            reference=float(entry["reference"]),
            least=float(entry["least"]),
            most=float(entry["most"]),
            meaning=entry["meaning"],
            categories={key: float(value) for key, value in entry.get("categories", {}).items()},
            aliases=tuple(entry.get("aliases", ())),
            beyond=entry.get("beyond"),
            graded=bool(entry.get("graded")),
            alleles={key: float(value) for key, value in entry.get("alleles", {}).items()},
        )
        for name, entry in figures()["covariate"].items()
    }


def usual_filtration(age_years: float) -> float:
    """Filtration rate of a healthy kidney of an age, mL/min: the reference up to 40, then less by a part a year.

    Taken where a patient's age is described and the kidney is not.

    Example:
        >>> usual_filtration(30), usual_filtration(80)
        (95.0, 60.0)
    """
    entry = figures()["ageing"]
    beyond = max(age_years - entry["from_year"], 0.0)
    return float(covariates()["egfr"].reference - entry["filtration_per_year"] * beyond)


def describe(text: str, where: str = "covariates") -> tuple[Description, list[Fault]]:
    """Reads ``key=value`` pairs joined by ``;``.

    Keys are those of `covariates` and their aliases; a value is a number with or without its unit, a category such as
    ``poor``, or, of ``opioid_history``, ``naive``, ``dependent`` or ``tolerant 100 MME``. A group between two bounds
    (``age=65-80``) or two grades (``hepatic=mild-moderate``) stands in their middle, one with an open bound (``age>70``,
    ``egfr<30``) as far beyond it as ``phenotypes.toml`` says such groups lie. Two categories that are no grades of one thing
    (``cyp2d6=poor or ultrarapid``) are refused, as is whatever is not read to its end.

    Returns:
        what could be read, and all that could not.

    Example:
        >>> describe("weight=0 kg")[1][0].expected
        'a value from 2 to 400 kg'
        >>> describe("age>70; egfr=30-59 mL/min; food=fed")[0].values
        {'age': 76.0, 'egfr': 44.5, 'food': 1.0}
        >>> round(describe("hepatic=mild to moderate")[0].values["hepatic"], 3), describe("sex=male or female")[1][0].found
        (0.55, "'male or female'")
    """
    values: dict[str, float] = {}
    faults: list[Fault] = []
    known = covariates()
    by_alias = {alias: name for name, entry in known.items() for alias in (name, *entry.aliases)}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        key, separator, written = _parted(part)
        name = by_alias.get(key.casefold().replace(" ", "_"))
        if not separator:
            said = keyed(
                part, by_alias, lambda name, text: _category(known[name], text) is not None
            )
            name, written = said or (None, written)
            separator = "=" if said else ""
        why = figures()["refused"].get(key.casefold().replace(" ", "_"))
        if why is not None:
            faults.append(Fault(where, "what the models hold", repr(part), _sentence(why)))
            continue
        if not separator or name is None:
            near = nearest(key, by_alias)
            faults.append(
                Fault(
                    where,
                    "key=value with one of the keys " + ", ".join(sorted(known)),
                    repr(part),
                    f"Did you mean {near[0]}={known[by_alias[near[0]]].example}?" if near else "",
                )
            )
            continue
        value = _value(known[name], written)
        if value is None:
            faults.append(Fault(f"{where}, {name}", _expected(known[name]), repr(written)))
        elif not known[name].least <= value <= known[name].most:
            faults.append(
                Fault(
                    f"{where}, {name}",
                    f"a value from {known[name].least:g} to {known[name].most:g} "
                    f"{known[name].unit}",
                    written,
                )
            )
        else:
            values[name] = value
    return Description(values), faults


def _parted(part: str) -> tuple[str, str, str]:
    """Key, sign and value; a bound keeps its sign in the value (``age>70`` is ``age = >70``)."""
    sign = re.search(r"[=<>≤≥][\s=<>≤≥]*", part)
    if sign is None:
        return part, "", ""
    bound = "".join(re.findall("[<>]", sign[0].replace("≤", "<").replace("≥", ">")))
    return part[: sign.start()].strip(), sign[0], bound + part[sign.end() :].strip()


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _expected(covariate: Covariate) -> str:
    kinds = [f"a number in {covariate.unit}"] if covariate.unit != "1" else ["a number"]
    if covariate.categories:
        kinds.append("one of " + ", ".join(covariate.categories))
    return " or ".join(kinds)


def _value(covariate: Covariate, written: str) -> float | None:
    """The number that a text stands for; none where it cannot be read."""
    if written[:1] in {"<", ">"}:
        bound = _value(covariate, written[1:].strip())
        if bound is None or covariate.beyond is None:
            return None
        moved = bound + (covariate.beyond if written[0] == ">" else -covariate.beyond)
        return min(max(moved, covariate.least), covariate.most)
    text = " ".join(written.casefold().replace("_", " ").split())
    grade = _category(covariate, text)
    if grade is not None:
        return grade
    stated = _DOSE_OF_A_USER.fullmatch(text)
    if covariate.name == "opioid_history" and stated and _category(covariate, stated[1]):
        return _value(covariate, stated[2])
    middle = _between(covariate, text)
    return _quantity(covariate, text) if middle is None else middle


def _category(covariate: Covariate, text: str) -> float | None:
    """The number of a category; words such as ``metaboliser`` and ``impairment`` may stand beside it."""
    known = {_plain(name): number for name, number in covariate.categories.items()}
    beside = figures()["beside_a_category"]
    bare = " ".join(word for word in _plain(text).split() if word not in beside)
    return known.get(_plain(text), known.get(bare, _genotype(covariate, known, bare)))


def _genotype(covariate: Covariate, known: Mapping[str, float], text: str) -> float | None:
    """The number of two alleles in either order: a category, or the sum of theirs."""
    pair = [allele.strip() for allele in text.split("/")]
    if len(pair) != 2:
        return None
    turned = known.get("/".join(reversed(pair)))
    each = [covariate.alleles.get(allele) for allele in pair]
    if turned is not None or None in each:
        return turned
    return sum(value for value in each if value is not None)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"_|-(?!\d)", " ", text.casefold()).split())


def _between(covariate: Covariate, text: str) -> float | None:
    """The middle of two numbers (``60-80 kg``) or of two grades of a graded covariate (``mild to moderate``)."""
    for sign in _TO.finditer(text):
        low, high = text[: sign.start()], text[sign.end() :]
        if covariate.graded:
            grades = [_category(covariate, end) for end in (low, high)]
            if None not in grades:
                return sum(grade for grade in grades if grade is not None) / 2
        if sign[0].strip() in _OR:
            continue
        unit = re.sub(r"^[\d.\s]+", "", high)
        least = _quantity(covariate, low if re.search("[^\\d.]", low) else f"{low} {unit}")
        most = _quantity(covariate, high)
        if least is not None and most is not None and least <= most:
            return (least + most) / 2
    return None


def _quantity(covariate: Covariate, text: str) -> float | None:
    """A number with or without its unit."""
    try:
        value, unit = units.read(text)
    except InputError:
        return None
    if not unit or _same_unit(unit, covariate.unit):
        return value
    if covariate.name == "egfr":
        return value if unit.startswith("ml/min") else None
    try:
        return value * units.factor(unit, covariate.unit)
    except InputError:
        return None


def _same_unit(unit: str, wanted: str) -> bool:
    plain = {
        "y": "year",
        "yr": "year",
        "years": "year",
        "mme": "MME",
        "mg/d": "MME",
        "mme/d": "MME",
        "kg/m2": "kg/m^2",
        "kg/m²": "kg/m^2",
    }
    return plain.get(unit.strip(), unit.strip()) == wanted
