"""Who is followed, in words: what a study writes as ``cyp2d6=poor; age=65-80`` reads "poor CYP2D6 metabolisers, 65 to 80 years"."""

import re

from speciosa.pharmacology.covariates import covariates
from speciosa.report.texts import text, texts

_PART = re.compile(r"\s*([a-z0-9_ ]+?)\s*(<=|>=|=|<|>|:)\s*(.+?)\s*", re.IGNORECASE)
_RANGE = re.compile(r"(?<=\d)\s*(?:-|–|to)\s*(?=\d)")
_HISTORY = re.compile(r"(?:tolerant|dependent|chronic|user)?\s*([\d.,]+)\s*MME", re.IGNORECASE)
_MEASURED = ("weight", "age")
_BOUNDS = {"<": "below", ">": "above", "<=": "at_most", ">=": "at_least"}


def patients_in_words(shared: str) -> str:
    """What all patients share, as a reader says it; ``""`` where they share nothing.

    Args:
        shared: covariates as a study writes them.

    Example:
        >>> patients_in_words("cyp2d6=poor; age=65-80; opioid_history=tolerant 100 MME")
        'poor CYP2D6 metabolisers, 65 to 80 years, used to opioids like 100 mg of oral morphine a day'
        >>> patients_in_words("egfr<30; weight=80 kg; hepatic=mild to moderate")
        'kidneys that filter below 30 mL a minute, 80 kg, liver function mild to moderate'
    """
    return ", ".join(_said(part) for part in shared.split(";") if part.strip())


def _said(part: str) -> str:
    found = _PART.fullmatch(part)
    name = _canonical(found[1]) if found else ""
    if not found or not name:
        return part.strip().replace("_", " ")
    known, value = texts("patient")[name], found[3]
    category = _category(name, value)
    if found[2] in ("=", ":") and category in known:
        return str(known[category])
    history = _HISTORY.fullmatch(value) if name == "opioid_history" else None
    value = history[1] if history else value
    plain = _RANGE.sub(f" {text('word.to')} ", value.removesuffix(covariates()[name].unit).strip())
    if found[2] in _BOUNDS:
        plain = f"{text(f'word.{_BOUNDS[found[2]]}')} {plain}"
    own_unit = name in _MEASURED and re.search(r"\d\s*[A-Za-z]+$", plain)
    return plain if own_unit else str(known["any"]).format(value=plain)


def _canonical(written: str) -> str:
    """The covariate that a name or another name of it stands for; ``""`` where there is none."""
    name = written.strip().casefold().replace(" ", "_")
    return next(
        (key for key, each in covariates().items() if name == key or name in each.aliases), ""
    )


def _category(name: str, value: str) -> str:
    """The first name of a category, however it was written: ``pm`` is ``poor``."""
    categories = covariates()[name].categories
    level = categories.get(value.strip().casefold())
    return next(
        (each.replace(" ", "_") for each, other in categories.items() if other == level), ""
    )
