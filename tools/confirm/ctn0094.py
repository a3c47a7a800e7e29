"""Rows counted from the patient-level data of CTN-0027 and CTN-0030, by the rules of ``ctn0094_rules``.

Usage: python tools/confirm/ctn0094.py PATH/TO/public.ctn0094data (a git repository; needs pyreadr)
"""

import hashlib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctn0094_rules as rules
from ledger import raw, write

from speciosa import facts

SOURCE = "CTN-0094/public.ctn0094data"
BUP, METHADONE = "Outpatient BUP", "Methadone"
EMM, SMM = "Outpatient BUP + EMM", "Outpatient BUP + SMM"
TRIALS = {"27": (BUP, METHADONE), "30": (EMM, SMM)}
DRUG = {BUP: "buprenorphine", METHADONE: "methadone", EMM: "buprenorphine", SMM: "buprenorphine"}


@dataclass(frozen=True)
class Data:
    """The tables that the rules need, days from randomisation or from the first dose, and the mark of the files."""

    arms: dict[int, tuple[str, str]]
    last_dose: dict[int, float]
    urine: dict[int, list[float]]
    opioid: dict[int, list[float]]
    by_day: dict[str, list[tuple[float, int]]]
    induction: dict[tuple[str, str], list[int]]
    pain: dict[str, dict[int, str]]
    mark: str


def read(repository: Path) -> Data:
    """Reads the R data files of the repository."""
    marks: list[str] = []
    tables = {
        name: _table(repository, name, marks)
        for name in (
            "everybody", "randomization", "treatment", "withdrawal", "withdrawal_pre_post", "uds", "uds_temp", "pain",
        )
    }  # fmt: skip
    trial = {int(row["who"]): str(row["project"]) for row in tables["everybody"]}
    start: dict[int, float] = {}
    arms: dict[int, tuple[str, str]] = {}
    for row in tables["randomization"]:
        who = int(row["who"])
        if str(row["which"]) == "1" and trial.get(who) in TRIALS:
            arms[who] = trial[who], str(row["treatment"])
            start[who] = float(row["when"])
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for row in _dated(tables["treatment"]):
        who = int(row["who"])
        if who in arms and row["amount"] is not None and row["amount"] > 0:
            first[who] = min(first.get(who, 1e9), row["when"])
            last[who] = max(last.get(who, -1e9), row["when"] - start[who])
    urine, opioid = defaultdict(list), defaultdict(list)
    for row in _dated(tables["uds_temp"]):
        if int(row["who"]) in arms:
            urine[int(row["who"])].append(row["when"] - start[int(row["who"])])
    for row in _dated(tables["uds"]):
        if int(row["who"]) in arms and str(row["what"]) == "Opioid":
            opioid[int(row["who"])].append(row["when"] - start[int(row["who"])])
    by_day, induction = defaultdict(list), defaultdict(list)
    for row in _dated(tables["withdrawal"]):
        who = int(row["who"])
        if who in arms and who in first:
            by_day[arms[who][1]].append((row["when"] - first[who], int(row["withdrawal"])))
    for row in tables["withdrawal_pre_post"]:
        if int(row["who"]) in arms:
            induction[arms[int(row["who"])][1], str(row["what"])].append(int(row["withdrawal"]))
    pain: dict[str, dict[int, str]] = defaultdict(dict)
    for row in tables["pain"]:
        if int(row["who"]) in arms:
            pain[arms[int(row["who"])][0]][int(row["who"])] = str(row["pain"])
    mark = "sha256:" + hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16]
    return Data(arms, last, urine, opioid, by_day, induction, pain, mark)


def _dated(table: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows with a day; a few have none."""
    return (row for row in table if row["when"] is not None)


def _table(repository: Path, name: str, marks: list[str]) -> list[dict[str, Any]]:
    import pyreadr

    content, mark = raw(repository, "HEAD", f"data/{name}.rda")
    marks.append(mark)
    with tempfile.NamedTemporaryFile(suffix=".rda") as handle:
        handle.write(content)
        handle.flush()
        found = pyreadr.read_r(handle.name)[name]
    frame = found.astype(object).where(found.notna(), None)
    return list(frame.to_dict(orient="records"))


def records(data: Data) -> Iterator[dict[str, str]]:
    """A record for each row that the rules give."""
    yield from _withdrawal(data)
    yield from _observed(data)
    yield from _outcomes(data)


def _withdrawal(data: Data) -> Iterator[dict[str, str]]:
    for row in facts.records("withdrawal-by-day"):
        if row.when.startswith("induction"):
            grades = data.induction[row.arm, row.when.removeprefix("induction_")]
        else:
            grades = [
                grade for day, grade in data.by_day[row.arm] if row.day_from <= day <= row.day_to
            ]
        n, found = rules.shares(grades)
        figures = "; ".join(
            f"frac_{name}={share:.4f}" for name, share in zip(rules.GRADES, found, strict=True)
        )
        about = f"drug={DRUG[row.arm]}; population={row.trial}, {row.arm}; time={_when(row)}"
        yield _record(data, row.id, f"n={n}", figures, about, "withdrawal and withdrawal_pre_post")


def _when(row: Any) -> str:
    if row.when.startswith("induction"):
        side = {"pre": "before", "post": "after"}[row.when.removeprefix("induction_")]
        return f"{side} the first dose of induction"
    return f"{row.when} {row.day_from} to {row.day_to}"


def _observed(data: Data) -> Iterator[dict[str, str]]:
    """Shares at or above a grade; both arms of CTN-0030 together."""
    grade_of = {"5": 1, "13": 2, "25": 3}
    words = {
        "5": "mild or worse",
        "13": "moderate or worse",
        "25": "severe, which joins the moderately severe",
    }
    for row in facts.records("observations", reference="ctn0094data"):
        threshold, _, days = row.at.partition(" @ ")
        if row.regimen.startswith("induction"):
            what = row.regimen.split()[1]
            grades = data.induction[EMM, what] + data.induction[SMM, what]
        else:
            low, high = (float(part.split()[0]) for part in days.split(" to "))
            grades = [
                grade for arm in (EMM, SMM) for day, grade in data.by_day[arm] if low <= day <= high
            ]
        share = rules.at_least(grades, grade_of[threshold.strip()])
        dose = f"{row.dose.replace(';', ',')} {row.dose_unit}"
        about = (
            f"drug=buprenorphine; population=CTN-0030, both arms; route=sublingual; dose={dose}; "
            f"outcome=withdrawal by COWS, {words[threshold.strip()]} "
            "(mild from 5, moderate from 13, severe from 25 points)"
        )
        if days:
            about += "; time=from the first dose, in days"
        about += "; condition=with naloxone"
        place = (
            "withdrawal and withdrawal_pre_post; doses from the treatment table and the protocol; "
            "grades: vignettes/harmonization.Rmd; "
            "naloxone and people: the title of the trial in vignettes/references.bib"
        )
        yield _record(data, row.id, f"n={len(grades)}", f"value={share:.3f}", about, place)


def _people(data: Data, trial: str, arm: str) -> list[int]:
    return [who for who, (own, name) in data.arms.items() if (own, name) == (trial, arm)]


def _outcomes(data: Data) -> Iterator[dict[str, str]]:
    """Retention, urines and pain of the two arms of a trial."""
    for fact, trial, kind, first, last in (
        ("treatment-0010", "27", "retained", 161, 0), ("treatment-0072", "27", "retained", 77, 0),
        ("treatment-0034", "30", "retained", 77, 0), ("treatment-0073", "27", "urine", 77, 91),
        ("treatment-0074", "27", "urine", 161, 175), ("treatment-0078", "30", "urine", 77, 91),
    ):  # fmt: skip
        events = [_count(data, trial, arm, kind, first, last) for arm in TRIALS[trial]]
        sizes = [len(_people(data, trial, arm)) for arm in TRIALS[trial]]
        printed = f"n={sum(sizes)}; n_t={sizes[0]}; n_c={sizes[1]}"
        follows = f"events_t={events[0]}; events_c={events[1]}"
        yield _record(data, fact, printed, follows, _about(trial), _place(kind, first, last))
    for fact, trial, arm in (
        ("arm-0019", "27", BUP), ("arm-0020", "27", METHADONE), ("arm-0063", "30", EMM), ("arm-0064", "30", SMM),
    ):  # fmt: skip
        first = 161 if trial == "27" else 77
        events = _count(data, trial, arm, "retained", first, 0)
        printed = f"n={len(_people(data, trial, arm))}"
        about = f"drug={DRUG[arm]}; population=CTN-00{trial}, {arm}"
        yield _record(data, fact, printed, f"events={events}", about, _place("retained", first, 0))
    for fact, trial in (("treatment-0079", "27"), ("treatment-0081", "30")):
        t, c = (_weeks(data, trial, arm) for arm in TRIALS[trial])
        printed = f"n={len(t) + len(c)}; n_t={len(t)}; n_c={len(c)}"
        (mean_t, sd_t), (mean_c, sd_c) = rules.mean_and_sd(t), rules.mean_and_sd(c)
        follows = f"mean_t={mean_t:.4f}; sd_t={sd_t:.4f}; mean_c={mean_c:.4f}; sd_c={sd_c:.4f}"
        yield _record(data, fact, printed, follows, _about(trial), _place("weeks", 1, 168))
    for fact, arm in (("plan-0026", BUP), ("plan-0027", METHADONE)):
        weeks = _weeks(data, "27", arm)
        mean, sd = rules.mean_and_sd(weeks)
        about = f"drug={DRUG[arm]}; population=CTN-0027, {arm}"
        yield _record(
            data,
            fact,
            f"n={len(weeks)}",
            f"value={mean:.4f}; sd={sd:.4f}",
            about,
            _place("weeks", 1, 168),
        )
    for fact, trial in (("plan-0020", "27"), ("plan-0021", "30")):
        events, n = rules.severe(data.pain[trial])
        about = f"drug=opioid; population=CTN-00{trial}, randomised people of whom pain was asked"
        yield _record(data, fact, f"n={n}", f"events={events}; value={events}/{n}", about, "pain")


def _count(data: Data, trial: str, arm: str, kind: str, first: int, last: int) -> int:
    people = _people(data, trial, arm)
    if kind == "retained":
        return rules.retained((data.last_dose.get(who) for who in people), first)
    return sum(
        rules.negative(data.urine.get(who, ()), data.opioid.get(who, ()), first, last)
        for who in people
    )


def _weeks(data: Data, trial: str, arm: str) -> list[float]:
    return [
        rules.negative_weeks(data.urine.get(who, ()), data.opioid.get(who, ()))
        for who in _people(data, trial, arm)
    ]


def _about(trial: str) -> str:
    arms = " against ".join(TRIALS[trial])
    drugs = ", ".join(dict.fromkeys(DRUG[arm] for arm in TRIALS[trial]))
    return f"drug={drugs}; population=CTN-00{trial}, all randomised; comparison={arms}"


def _place(kind: str, first: int, last: int) -> str:
    return {
        "retained": f"treatment: a dose above 0 mg on or after day {first}",
        "urine": f"uds_temp and uds: urine given on days {first} to {last}, none with an opioid",
        "weeks": "uds_temp and uds: share of 24 weeks with urine given and none with an opioid",
    }[kind]


def _record(
    data: Data, fact: str, printed: str, follows: str, about: str, place: str
) -> dict[str, str]:
    time = getattr(facts.fact(fact), "timepoint", "")
    about += f"; time={time}" if time else ""
    return {
        "fact": fact, "printed": printed, "follows": follows, "about": about, "place": f"{SOURCE}, {place}",
        "confirmed_by": "recomputed", "passage": data.mark,
        "note": "counted from patient-level data by tools/confirm/ctn0094_rules.py",
    }  # fmt: skip


if __name__ == "__main__":
    write("recomputed.csv", records(read(Path(sys.argv[1]))))
