"""How rows are counted from the patient-level data of CTN-0027 and CTN-0030 (public.ctn0094data): the rules.

Days count from the first randomisation, except those of withdrawal by day, which count from the first dose above 0 mg.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, stdev

GRADES = ("none", "mild", "moderate", "severe")
WEEKS = 24


def shares(grades: Iterable[int]) -> tuple[int, tuple[float, ...]]:
    """How many observations, and the share of each grade of withdrawal among them.

    Example:
        >>> shares([0, 0, 1, 2])
        (4, (0.5, 0.25, 0.25, 0.0))
    """
    found = list(grades)
    return len(found), tuple(found.count(grade) / len(found) for grade in range(len(GRADES)))


def at_least(grades: Iterable[int], grade: int) -> float:
    """The share of observations of a grade or worse."""
    found = list(grades)
    return sum(each >= grade for each in found) / len(found)


def retained(last_doses: Iterable[float | None], day: int) -> int:
    """People with a dose above 0 on or after a day; None is a person without any dose."""
    return sum(last is not None and last >= day for last in last_doses)


def negative(given: Iterable[float], opioid: Iterable[float], first: int, last: int) -> bool:
    """Whether a person gave urine between two days, both included, and none of it held an opioid.

    Who gave none in the window counts as positive. Methadone and buprenorphine have tests of their own and do not
    count as an opioid.

    Example:
        >>> negative([77, 84], [70], 77, 91), negative([77, 84], [84], 77, 91), negative([], [], 77, 91)
        (True, False, False)
    """
    inside = any(first <= day <= last for day in given)
    return inside and not any(first <= day <= last for day in opioid)


def negative_weeks(given: Iterable[float], opioid: Iterable[float]) -> float:
    """The share of 24 weeks in which a person gave urine and none of it held an opioid; week 1 is days 1 to 7."""
    weeks = {int((day - 1) // 7) for day in given if day >= 1}
    held = {int((day - 1) // 7) for day in opioid if day >= 1}
    return sum(week in weeks and week not in held for week in range(WEEKS)) / WEEKS


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of people."""
    return mean(values), stdev(values)


def severe(pain: Mapping[int, str]) -> tuple[int, int]:
    """Randomised people in severe pain, and all of whom pain was asked."""
    return sum(grade == "Severe Pain" for grade in pain.values()), len(pain)
