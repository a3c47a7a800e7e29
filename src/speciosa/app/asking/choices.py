"""What a reader can choose in words: treatments, their regimens, substitutes and companions, from the shipped studies."""

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from speciosa.care.read import SHIPPED, read_plan
from speciosa.facts import substance
from speciosa.facts.products import product, products
from speciosa.pharmacology.covariates import covariates
from speciosa.regimen import parse_regimen
from speciosa.study import read_study

OWN = "own"
ABSENT = "absent"
INDICATIONS = {
    "pain": "Pain",
    "withdrawal": "Opioid withdrawal",
    "interactions": "Interactions",
}


TRIALS = {
    "kratom-pain-parallel": "Kratom leaf against placebo, chronic pain",
    "kratom-pain-oxycodone": "Kratom leaf not worse than oxycodone, chronic pain",
    "kratom-pain-withdrawal": "Kratom leaf, randomised withdrawal",
    "kratom-opioid-withdrawal": "Kratom leaf against lofexidine, opioid withdrawal",
}
"""Trials of the page Trial, by the name under which they ship."""

PLANNED = ("opioid-use-disorder: Kratom leaf", "opioid-use-disorder: Buprenorphine daily")
"""What the page Plan shows first, one beside the other."""
FOLLOWED = {"26 wk": "Half a year", "1 y": "A year", "2 y": "Two years"}


@dataclass(frozen=True)
class Treatment:
    """One choice of a list.

    Attributes:
        key: its value in the page.
        name: what people call it.
        regimen: its doses in words.
        note: where the dose comes from.
    """

    key: str
    name: str
    regimen: str
    note: str = ""


@lru_cache(maxsize=1)
def treatments() -> dict[str, Treatment]:
    """Treatments of the shipped comparison of painkillers, and the medicines of the shipped withdrawal study."""
    found = [
        Treatment(_key(arm.name), arm.name, arm.regimen, arm.note)
        for name in ("default", "withdrawal")
        for arm in read_study(name).arms
        if not (name == "withdrawal" and (arm.comedication != "none" or arm.regimen == "none"))
    ]
    return {entry.key: entry for entry in reversed(found)} | {entry.key: entry for entry in found}


@lru_cache(maxsize=1)
def grouped_treatments() -> dict[str, tuple[Treatment, ...]]:
    """The treatments that have doses, by what they are; other names of what they hold are in their notes."""
    found: dict[str, list[Treatment]] = {title: [] for title in (*_GROUPS.values(), _REST, _NONE)}
    for entry in treatments().values():
        named = parse_regimen(entry.regimen).products
        kind = _kind_of(named[0]) if named else _NONE
        also = " ".join(" ".join((name, *product(name).aliases)) for name in named)
        found[kind].append(replace(entry, note=also))
    return {title: tuple(entries) for title, entries in found.items() if entries}


@lru_cache(maxsize=1)
def grouped_products() -> dict[str, tuple[Treatment, ...]]:
    """Every product of the library by what it is, for the reader to write an amount before; a label's dose is nobody's advice."""
    found: dict[str, list[Treatment]] = {title: [] for title in (*_GROUPS.values(), _REST)}
    for entry in products().values():
        unit = str(entry.entry.get("dose_unit", "mg"))
        words = f" {unit} {entry.id} {entry.routes[0] if entry.routes else 'oral'}"
        also = " ".join((entry.id, *entry.aliases))
        found[_kind_of(entry.id)].append(Treatment(f"{entry.id}-", entry.name, words, also))
    return {f"{title}: write the amount": tuple(each) for title, each in found.items()}


def _kind_of(name: str) -> str:
    kind = str(substance(product(name).substances[0]).group)
    return next((title for start, title in _GROUPS.items() if kind.startswith(start)), _REST)


_GROUPS = {"kratom": "Kratom", "opioid": "Opioids"}
_REST, _NONE = "Other medicines", "No drug"
_CONDITIONS = {"opioid-use-disorder": "Opioid use disorder", "chronic-pain": "Chronic pain"}


@lru_cache(maxsize=1)
def pools() -> dict[str, str]:
    """Titles of the pooled questions, read without loading what computes them."""
    text = (files("speciosa.evidence") / "data" / "pools.toml").read_text(encoding="utf-8")
    return {key: str(entry["title"]) for key, entry in tomllib.loads(text).items()}


@lru_cache(maxsize=1)
def plan_arms() -> dict[str, str]:
    """Every plan of the shipped ones, by its key, in words."""
    return {
        f"{name}: {arm.name}": f"{_CONDITIONS[name]}: {arm.name}"
        for name in SHIPPED
        for arm in read_plan(name).arms
    }


def arm_of_plan(key: str) -> tuple[str, str]:
    """The shipped plan and the name of its arm.

    Example:
        >>> arm_of_plan("opioid-use-disorder: Methadone")
        ('opioid-use-disorder', 'Methadone')
    """
    plan, _, arm = key.partition(": ")
    return plan, arm


def _key(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.casefold())


SUBSTITUTES = {
    "": ("nothing", "none"),
    "buprenorphine": (
        "Buprenorphine",
        "8 mg buprenorphine sublingual at 18 h; 16 mg buprenorphine sublingual every 24 h x 10 at 42 h",
    ),
    "methadone": ("Methadone", "30 mg methadone oral every 24 h x 10"),
    "lofexidine": ("Lofexidine", "0.54 mg lofexidine oral every 6 h x 28"),
    "kratom": ("Kratom leaf", "5 g kratom_leaf oral every 8 h x 30"),
}
"""What may take the place of a drug that is stopped: name and doses, timed from the stop."""

COMPANIONS = {
    "": "nothing else",
    "200 mg ketoconazole oral every 12 h x 42": "ketoconazole (blocks CYP3A)",
    "20 mg paroxetine oral every 24 h x 21": "paroxetine (blocks CYP2D6)",
    "600 mg rifampicin oral every 24 h x 21": "rifampicin (induces CYP3A)",
    "100 mg quinidine oral every 12 h x 42": "quinidine (blocks CYP2D6)",
    "5 mg midazolam oral every 24 h x 21": "midazolam (a sedative)",
    OWN: "something else, in words",
}
"""What may be taken beside every arm."""

PHENOTYPES = {
    "": "as in the population",
    "poor": "poor metaboliser",
    "intermediate": "intermediate metaboliser",
    "normal": "normal metaboliser",
    "ultrarapid": "ultrarapid metaboliser",
}
ORGAN = {
    "": "as in the population",
    "normal": "normal",
    "mild": "mildly impaired",
    "moderate": "moderately impaired",
    "severe": "severely impaired",
}
HISTORY = {
    "": "takes no opioids",
    "60 MME": "60 mg of morphine a day, or its equal",
    "120 MME": "120 mg of morphine a day, or its equal",
    "240 MME": "240 mg of morphine a day, or its equal",
}
OFTEN = (
    ("cyp2d6", "poor", "poor CYP2D6"),
    ("age", "75", "75 years"),
    ("kidneys", "severe", "weak kidneys"),
    ("liver", "moderate", "weak liver"),
)
"""What is often asked of a patient: field, value, and the words of its button."""
SEX = {"": "women and men", "female": "women", "male": "men"}
COURSES = {
    "pain_nrs": ("Pain", "pain (0 to 10)"),
    "ventilation_fraction": ("Drive to breathe", "ventilation, share of normal"),
    "cows": ("Withdrawal", "withdrawal score (COWS)"),
    "liking_vas": ("Drug liking", "liking (0 to 100)"),
    "mor_occupancy": ("Occupancy of the mu-opioid receptor", "share of receptors"),
}


def bounds(name: str) -> tuple[float, float, str]:
    """Least, most and unit of a covariate.

    Example:
        >>> bounds("weight")
        (2.0, 400.0, 'kg')
    """
    entry = covariates()[name]
    return entry.least, entry.most, entry.unit
