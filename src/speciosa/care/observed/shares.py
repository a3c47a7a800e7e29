"""Shares of people at a time: who is in treatment, has relapsed, uses, or has a urine test that is positive."""

import re
from collections.abc import Callable

import numpy as np

from speciosa.care.observed.spans import plain
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.care.stepping.arrays import Floats

Reading = Callable[[ArmResult, PathwayRun], Floats]
At = Callable[[float], Reading]
"""A reading, given days since the begin."""
_TEN_DAYS = re.compile(
    r"\b(?:10|ten)\s*\+?\s*(?:or more\s+|\s*and more\s+)?days?\s*(?:or more\s+)?(?:of (?:opioid )?use|in|within|per)"
)
_MISSING = re.compile(
    r"missing\s+(?:(?!(?:not?|never|neither)\b)\w+\s+){0,4}?(?:positive|use)\b|\bpositive or missing\b"
)
_OF_TESTS = re.compile(
    r"\bof (?:the )?(?:urine )?(?:tests|samples|specimens|urines|urinalyses)\b(?! expected)"
)


def share_of(name: str, setting: str, before: float) -> At | None:
    """How a share is read; None where its name says nothing that is known.

    Args:
        name: of the quantity, in plain words.
        setting: what is told of the study, which may hold its rule of relapse and of missing tests.
        before: days in treatment after which people were counted.
    """
    found = next((each for words, each in _SHARES if re.search(words, name)), None)
    told = f"{name}; {plain(setting)}"
    if found is _relapsed and _TEN_DAYS.search(told):
        found = _tenth
    elif found is _relapse_free and _TEN_DAYS.search(told):
        found = _not(_tenth)
    elif found in (_positive, _negative):
        found = _tested(found is _negative, told)
    elif before and found is _retained:
        found = _staying(before)
    elif before and found is _left:
        found = _not(_staying(before))
    return found


def _weekly(days: float, counted: Callable[[ArmResult], Floats]) -> Reading:
    """Of people counted at the ends of weeks, the share at a time; straight between weeks."""

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        counts = counted(arm)
        place = min(max(days / 7.0, 0.0), counts.shape[1] - 1.0)
        week = min(int(place + 1e-9), counts.shape[1] - 2)
        part = place - week
        found: Floats = (
            (1.0 - part) * counts[:, week] + part * counts[:, week + 1]
        ) / run.plan.people
        return found

    return read


def _retained(days: float) -> Reading:
    """The last dose covers the time: of a daily medicine it was taken in the week before, of an injection in its interval."""

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        covers = max((phase.covers_d for phase in arm.pathway.phases), default=1.0)
        back = 0.0 if covers > 7.0 else 7.0
        return _weekly(days - back, lambda each: each.counts.retained)(arm, run)

    return read


def _staying(before: float) -> At:
    """Of people who have been in treatment for some days, those who still are."""

    def reading(days: float) -> Reading:
        later, first = _retained(before + days), _retained(before)
        return lambda arm, run: later(arm, run) / np.maximum(first(arm, run), 1e-9)

    return reading


def _not(reading: At) -> At:
    return lambda days: lambda arm, run: 1.0 - reading(days)(arm, run)


def _counted(counts: Callable[[ArmResult], Floats]) -> At:
    return lambda days: _weekly(days, counts)


_relapsed = _counted(lambda arm: arm.counts.relapsed)
_tenth = _counted(lambda arm: arm.counts.tenth)
"""Relapse by the rule of ten days of use, or more, within 28."""
_lapsed = _counted(lambda arm: arm.counts.lapsed)
_run = _counted(lambda arm: arm.counts.run)
_abstinent = _counted(lambda arm: arm.counts.abstinent)
"""People alive without use in the week that ends."""
_positive = _counted(lambda arm: arm.counts.positive)
_negative = _counted(lambda arm: arm.counts.negative)


def _tested(negative: bool, told: str) -> At:
    """Urine tests that are positive, or negative: of all people, of those tested, or with missing tests counted as positive."""
    wanted = _negative if negative else _positive
    if _MISSING.search(told):
        return _negative if negative else _not(_negative)
    if not _OF_TESTS.search(told):
        return wanted

    def reading(days: float) -> Reading:
        one, positive, none = wanted(days), _positive(days), _negative(days)
        return lambda arm, run: (
            one(arm, run) / np.maximum(positive(arm, run) + none(arm, run), 1e-9)
        )

    return reading


_left, _relapse_free = _not(_retained), _not(_relapsed)
_SHARES: tuple[tuple[str, At], ...] = (
    (r"relapse free|no relapse|without relapse", _relapse_free),
    (r"relaps", _relapsed),
    (r"in a row", _run),
    (r"positive", _positive),
    (r"negative", _negative),
    (r"\blaps|\bany (?:opioid )?use|\bused (?:any )?opioids?\b", _lapsed),
    (r"abstinen|opioid free|\bno (?:opioid )?use", _abstinent),
    (r"left|drop|discontinu|attrition", _left),
    (r"retain|retention|in treatment|on treatment|still treated|complet", _retained),
)
"""Shares by words of their names, the first that fits."""
