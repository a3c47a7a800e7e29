"""The page of the documentation that shows how well the slow clock meets its targets and what the data moved."""

import csv
import math
from collections.abc import Iterator
from importlib.resources import files

from speciosa.care import parameters
from speciosa.care.calibrate.abstinent import starters
from speciosa.care.calibrate.published import trials
from speciosa.care.calibrate.targets import LEFT_OUT
from speciosa.care.observations import rows

_SHARES = ("started", "retained", "positive", "run")
_WORDS = {
    "started": "took a first dose", "retained": "last dose covers week", "positive": "urine positive in week",
    "days": "days of use recorded, 28-day period", "run": "seven days of use in a row recorded by week",
    "before": "days of use in the 28 days before", "dose": "retained at 23 weeks at mg",
    "visit": "use within 7 days at a withdrawal score of", "rate": "deaths per 1,000 person-years",
    "ratio": "ratio of deaths", "stays": "in treatment, week", "kept": "of those who began, week",
    "kept ratio": "ratio of shares in treatment, week", "begins": "took a first dose after detoxification",
    "begins detoxified": "took a first dose, detoxified before",
    "ten days": "ten days of use within 28, by week", "lapsed": "used, by week",
    "abstinent now": "without use and treatment, week", "positive of tests": "tests positive, to or in week",
}  # fmt: skip


def page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _table(name: str) -> list[dict[str, str]]:
    text = (files("speciosa.care") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _lines() -> Iterator[str]:
    fit, moved, told = _table("fit.csv"), _table("moved.csv"), parameters.moved()
    misses = {row["id"]: float(row["predicted"]) - float(row["observed"]) for row in fit}
    shares = [misses[row["id"]] for row in fit if row["what"] in _SHARES]
    days, of_phases = (
        [
            abs(misses[row["id"]])
            for row in fit
            if row["what"] == "days" and row["arm"].startswith("phase") is phases
        ]
        for phases in (False, True)
    )
    start = [
        misses[row["id"]]
        for row in fit
        if row["what"] == "retained" and row["arm"] in ("methadone", "buprenorphine")
    ]
    adjusted = next(row for row in rows() if row["id"] == "l008")
    yield "# How plans were calibrated\n"
    yield "Written by `python -m speciosa.care.calibrate`; what the numbers do is said in [plans](plans.md).\n"
    yield (
        f"Proportions are met within {_rms(shares):.3f} (root mean square, {len(shares)} targets), every retention point of "
        f"CTN-0027 within {max(map(abs, start)):.3f}, days of use within {max(days):.2f} in 28 (in CTN-0030, whose two arms "
        f"are predicted alike, within {max(of_phases):.2f}). The observed value is "
        "what was counted; the interval is that of the hundred draws handed on, of people in the very study, without the error "
        "of counting.\n"
    )
    yield "## Fit\n"
    yield "| row | arm | what | observed | predicted | 90% interval |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from (
        _fitted(row) for row in fit if row["use"] == "calibrates" and row["id"][0] not in "tb"
    )
    yield "\n## Trials of others\n"
    yield (
        "Rows of `care/data/trials.csv`, which calibrate by the rule of [validation](validation.md). Trials lie apart from what "
        f"CTN-0027 and their doses say by a standard deviation of {_between():g} of the log hazard of leaving, which the "
        "interval leaves out.\n"
    )
    yield "| row | study | arm | what | observed | predicted | 90% interval |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    studies = {row["id"]: row["study"] for row in trials()}
    for row in (row for row in fit if row["id"][0] == "t"):
        yield _fitted(row).replace(f"| {row['id']} ", f"| {row['id']} | {studies[row['id']]} ", 1)
    yield from _beginnings(fit)
    yield "\n## Held out\n"
    yield (
        "Cornish (2010) checks by the rule of its DOI and calibrates nothing; its deaths by week after stopping test whether lost "
        "tolerance gives the peak. The interval leaves out the error of counting and how cohorts differ. Rows l004 and l008 are "
        f"adjusted ratios of its authors (l008: {adjusted['low']} to {adjusted['high']}), the others crude rates and their "
        "quotients.\n"
    )
    yield "| row | arm | what | observed | predicted | 90% interval |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from (_fitted(row) for row in fit if row["use"] == "held out")
    yield "\n## Left out\n"
    yield "| row | why |\n| --- | --- |"
    yield from (f"| {name} | {why} |" for name, why in LEFT_OUT.items())
    yield (
        "\nHazards of the last dose (h001 to h016) say what the retention curves say; visits with severe withdrawal are seven in "
        "all, and leaving by grade (w009 to w012) is met by construction, since withdrawal does not act on leaving. Rows of "
        "phase 1 of CTN-0030 after week 12 mix people who were randomised again.\n"
    )
    yield "## Prior and posterior\n"
    yield "`shift` is the posterior mean in prior standard deviations, `spread` the ratio of the standard deviations.\n"
    yield "| number | unit | prior median | posterior | 90% interval | shift | spread |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in moved:
        yield (
            f"| {row['name']} | {row['unit']} | {row['prior_median']} | {row['median']} | {row['low']} to {row['high']} | "
            f"{row['shift_sd']} | {row['sd_ratio']} |"
        )
    still = [row["name"] for row in moved if row["name"] not in told]
    yield "\nThe data did not move: " + ", ".join(f"`{name}`" for name in still) + "."


def _beginnings(fit: list[dict[str, str]]) -> Iterator[str]:
    yield "\n## People who begin abstinent\n"
    yield (
        "Rows of `care/data/abstinent.csv`, which calibrate by the same rule: people who were detoxified, came from a ward or from "
        "prison, or had not used for a time. A missing test counted as use in some of them, which the prediction leaves out.\n"
    )
    yield "| row | study | arm | what | observed | predicted | 90% interval |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    studies = {row["id"]: row["study"] for row in starters()}
    for row in (row for row in fit if row["id"][0] == "b"):
        yield _fitted(row).replace(f"| {row['id']} ", f"| {row['id']} | {studies[row['id']]} ", 1)


def _between() -> float:
    return next(prior.sd for prior in parameters.priors() if prior.name == "study_leave")


def _fitted(row: dict[str, str]) -> str:
    timeless = row["what"] in ("rate", "ratio", "before", "begins", "begins detoxified")
    what = _WORDS[row["what"]] + ("" if timeless else f" {row['at']}")
    observed, predicted, low, high = (
        f"{float(row[key]):.3g}" for key in ("observed", "predicted", "low", "high")
    )
    return f"| {row['id']} | {_arm(row)} | {what} | {observed} | {predicted} | {low} to {high} |"


def _rms(values: list[float]) -> float:
    return math.sqrt(sum(value * value for value in values) / len(values))


def _arm(row: dict[str, str]) -> str:
    if row["what"] in ("rate", "ratio"):
        return " against ".join(map(_period, row["arm"].split(" / ")))
    return f"phase {row['arm']}" if row["what"] == "visit" else row["arm"]


def _period(text: str) -> str:
    """A cohort and time since start or stop in words."""
    *cohort, way, begin, end = text.split()
    when = {"on": "in treatment", "off": "out of treatment"}[way]
    first, last = int(begin) + 1, end
    weeks = "" if (first, last) == (1, "53") else f", weeks {first} to {last}"
    return f"{' '.join(cohort)}, {when}{weeks}".replace("to 53", "on")
