"""Regimens that go on, written out for some days and with their induction, as a study reads them."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from speciosa.care.doses import detoxification_d
from speciosa.facts.products import product
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import Regimen, parse_regimen

CALIBRATED = ("buprenorphine", "methadone")
"""Medicines whose curves of leaving were calibrated on patients."""


def written_out(regimen: str, days: int) -> str:
    """A regimen that goes on, for some days and with its induction, as a study reads it.

    Example:
        >>> written_out("16 mg buprenorphine sublingual every 24 h", 28)
        '8 mg buprenorphine sublingual at 18 h; 16 mg buprenorphine sublingual every 24 h x 27 at 42 h'
    """
    parts = []
    for dose in parse_regimen(counted(regimen, days)).doses:
        every = dose.every_h or 24.0
        rule = _induction(dose.product or "") if dose.route != "depot" and every <= 24 else None
        steps = _lower(rule, dose.amount) if rule is not None else []
        if rule is None:
            parts.append(str(dose))
            continue
        (first,) = parse_regimen(rule["before"][0]).doses
        begin = _ends(steps[-1]) if steps else first.at_h
        if len(steps) == len(rule["before"]):
            begin = rule["until_h"]
        count = max(1, int((24 * days - begin) / every) + 1)
        rest = f"{dose.amount:.12g} {dose.unit} {dose.product} {dose.route or ''}".strip()
        parts += [*steps, f"{rest} every {every:g} h x {count} at {begin:g} h"]
    return "; ".join(parts)


def begun(text: str, days: int) -> str:
    """The doses of a regimen that are given before the end of some days.

    Example:
        >>> begun("30 mg methadone oral; 40 mg methadone oral every 24 h x 30 at 24 h", 3)
        '30 mg methadone oral; 40 mg methadone oral every 24 h x 2 at 24 h'
    """
    found = []
    for dose in parse_regimen(text).doses:
        given = sum(time < 24.0 * days for time in dose.times_h)
        if given:
            found.append(str(replace(dose, count=given)))
    return "; ".join(found)


def delayed(text: str, days: float) -> str:
    """The same doses some days later.

    Example:
        >>> delayed("30 mg methadone oral; 40 mg methadone oral every 24 h x 2 at 24 h", 14)
        '30 mg methadone oral at 336 h; 40 mg methadone oral every 24 h x 2 at 360 h'
    """
    if not days:
        return text
    later = (replace(dose, at_h=dose.at_h + 24.0 * days) for dose in parse_regimen(text).doses)
    return "; ".join(map(str, later))


def _lower(rule: Mapping[str, Any], amount: float) -> list[str]:
    """The steps of an induction that lie below a dose."""
    return [step for step in rule["before"] if float(step.split()[0]) < amount]


def _ends(step: str) -> float:
    """When the step after a step begins, hours."""
    (dose,) = parse_regimen(step).doses
    return dose.times_h[-1] + 24.0


def counted(regimen: str, days: float) -> str:
    """A regimen with the number of its doses in some days, where it does not say.

    Example:
        >>> counted("5 g kratom_leaf oral every 8 h; 1 mg morphine oral daily", 2)
        '5 g kratom_leaf oral every 8 h for 2 d; 1 mg morphine oral daily for 2 d'
    """
    found = []
    for part in regimen.split(";"):
        words = part.split()
        text = " ".join(words)
        goes_on = {"every", "daily", "bid", "tid", "qid", "qd", "nightly"}.intersection(
            word.casefold() for word in words
        )
        stated = " x " in text or " for " in text
        found.append(f"{text} for {days:g} d" if goes_on and not stated else text)
    return "; ".join(found)


def substances_of(regimen: str) -> tuple[str, ...]:
    """The substances of a regimen that goes on, in order of first mention."""
    return tuple(schedule(_doses(regimen)).substances)


def substance_of(regimen: str) -> str:
    """The substance by which a regimen is left.

    Example:
        >>> substance_of("16 mg buprenorphine_naloxone sublingual daily")
        'buprenorphine'
    """
    substances = substances_of(regimen)
    return next((name for name in substances if name in CALIBRATED), substances[0])


def needs_detoxification(regimen: str) -> float:
    """Days of detoxification that a medicine needs before its first dose: an antagonist brings about withdrawal.

    Example:
        >>> needs_detoxification("50 mg naltrexone oral daily"), needs_detoxification("60 mg methadone oral daily")
        (10.0, 0.0)
    """
    return max((detoxification_d(name) for name in substances_of(regimen)), default=0.0)


def days_followed(regimen: str) -> int:
    """Days of treatment that are followed: until its effects are steady."""
    if covers_d(regimen) > 7:
        return 84
    rules = [_induction(product) for product in _doses(regimen).products]
    return max((int(rule["days"]) for rule in rules if rule is not None), default=28)


def covers_d(regimen: str) -> float:
    """Days that one dose covers."""
    return max((dose.every_h or 24.0) for dose in _doses(regimen).doses) / 24.0


def _doses(regimen: str) -> Regimen:
    return parse_regimen(counted(regimen, 84))


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """How medicines are started, by substance; see the file for sources."""
    text = (files("speciosa.care") / "data" / "induction.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _induction(name: str) -> dict[str, Any] | None:
    for substance in product(name).substances:
        if substance in rules():
            found: dict[str, Any] = rules()[substance]
            return found
    return None
