"""Rows from the data sets of two Cochrane reviews: sustained-release naltrexone, opioid agonists in primary care.

Usage: python tools/confirm/pairwise70.py PATH/TO/Pairwise70 (a git repository; needs pyreadr)
"""

import csv
import math
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger import raw, write

from speciosa import facts

REPOSITORY = "mahmood789/Pairwise70"
NALTREXONE, PRIMARY_CARE = "data/CD006140_pub3_data.rda", "data/CD013672_pub2_data.rda"
Entry = dict[str, Any]
with (Path(__file__).parent / "trial-times.csv").open(newline="", encoding="utf-8") as _handle:
    TIMES = {row["study"]: row for row in csv.DictReader(_handle)}
"""When the trials asked who stayed, by their abstracts: the files of the reviews do not say."""
COMPARATORS = {"opioid agonist treatment", "oral naltrexone", "placebo", "treatment as usual"}
"""What the summary of the review of naltrexone calls the comparators; its data set numbers the comparisons."""


def _read(repository: Path, path: str) -> tuple[list[Entry], str]:
    import pyreadr

    content, mark = raw(repository, "HEAD", path)
    with tempfile.NamedTemporaryFile(suffix=".rda") as handle:
        handle.write(content)
        handle.flush()
        (found,) = pyreadr.read_r(handle.name).values()
    return list(found.astype(object).where(found.notna(), None).to_dict(orient="records")), mark


def _folded(text: str) -> str:
    return re.sub(
        r"\W+", " ", text.casefold().replace("ctn 0051", "").replace("(ctn-0051)", "")
    ).strip()


def _find(entries: list[Entry], study: str, outcome: str, group: int | None) -> Entry | None:
    """The entry of a study for an outcome, overall and not of a subgroup analysis."""
    name = "retention" if outcome == "retention in treatment" else _folded(outcome)
    for entry in entries:
        fits = _folded(entry["Analysis.name"]) == name and (
            group in (None, entry["Analysis.group"])
        )
        if fits and _folded(str(entry["Study"])) == _folded(study):
            return entry
    return None


def results(entries: list[Entry], mark: str, key: str, path: str) -> Iterator[dict[str, str]]:
    """Rows of studies: two arms with counts, or means, and the ratio."""
    for row in facts.records("studies", reference=key):
        told = re.search(r"comparison (\d)", row.location)
        group = (
            int(told[1]) if told else _group(row.comparator) if key.startswith("kornor") else None
        )
        entry = _find(entries, row.study, row.outcome, group)
        if entry is None:
            print(f"{row.id}: {row.study}, {row.outcome}, comparison {group}: not found")
            continue
        t, c = _sides(entry)
        if row.intervention == "oral naltrexone":
            t = _sides(_find(entries, row.study, row.outcome, 2) or {})[1]
        counted = row.events_t is not None
        names = ("events", "n") if counted else ("n", "mean", "sd")
        figures = [
            f"{name}_{arm}={side[name]:.15g}"
            for arm, side in (("t", t), ("c", c))
            for name in names
        ]
        if row.estimate is not None:
            figures += [
                f"estimate={entry['Mean']:.4f}", f"ci_low={entry['CI.start']:.4f}", f"ci_high={entry['CI.end']:.4f}"
            ]  # fmt: skip
        record = _record(row, figures, entry, mark, path)
        three_arms = row.n is not None and row.n != t["n"] + c["n"]
        not_stated = "; ".join(filter(None, ("n", record["not_stated"])))
        yield (
            {**record, "not_stated": not_stated}
            if three_arms
            else {**record, "follows": "n=n_t+n_c"}
        )


def arms(entries: list[Entry], mark: str) -> Iterator[dict[str, str]]:
    """Arms of the network of retention: the sustained-release arm, or what it was compared with."""
    for row in facts.records("trial-arms", reference="kornor2025sustained"):
        sustained = "XR-naltrexone" in row.arm_label or row.arm_label == "naltrexone implant"
        group = None if sustained else _group(row.arm_label)
        entry = _find(entries, row.study, row.outcome, group)
        if entry is None:
            print(f"{row.id}: {row.study}, comparison {group}: not found")
            continue
        side = _sides(entry)[0 if sustained else 1]
        yield _record(
            row, [f"events={side['events']:g}", f"n={side['n']:g}"], entry, mark, NALTREXONE
        )


def risks(entries: list[Entry], mark: str) -> Iterator[dict[str, str]]:
    """Overdose and death as shares of an arm."""
    for fact, study, outcome, group, arm in (
        ("r016", "X:BOT 2018", "overdose", 1, 0), ("r017", "X:BOT 2018", "overdose", 1, 1),
        ("r018", "X:BOT 2018", "death", 1, 0), ("r019", "Lee 2016", "overdose", 4, 1),
    ):  # fmt: skip
        entry = _find(entries, study, outcome, group)
        if entry is None:
            print(f"{fact}: {study}, {outcome}: not found")
            continue
        side = _sides(entry)[arm]
        figures = [f"events={side['events']:g}", f"denominator={side['n']:g}"]
        record = _record(facts.fact(fact), figures, entry, mark, NALTREXONE)
        yield {**record, "follows": "rate=events/denominator"}


def planning(entries: list[Entry], mark: str) -> Iterator[dict[str, str]]:
    """Completion of X:BOT, and the change of craving against placebo."""
    for fact, arm in (("plan-0003", 0), ("plan-0004", 1)):
        entry = _find(entries, "X:BOT 2018", "retention", 1)
        side = _sides(entry or {})[arm]
        record = _record(
            facts.fact(fact),
            [f"events={side['events']:g}", f"n={side['n']:g}"],
            entry or {},
            mark,
            NALTREXONE,
        )
        yield {**record, "follows": "value=events/n"}
    for fact, arm in (("plan-0030", 0), ("plan-0031", 1)):
        found = [
            each
            for each in entries
            if each["Analysis.group"] == 3 and each["Analysis.name"] == "Opioid craving"
        ]
        side = _sides(found[0])[arm]
        figures = [f"value={side['mean']:.15g}", f"sd={side['sd']:.15g}"]
        yield _record(facts.fact(fact), figures, found[0], mark, NALTREXONE)


def _group(comparator: str) -> int:
    text = comparator.casefold()
    for word, group in (("oral naltrexone", 2), ("placebo", 3), ("usual", 4)):
        if word in text:
            return group
    return 1


def _sides(entry: Entry) -> tuple[dict[str, float], dict[str, float]]:
    """The experimental and the control arm."""
    return tuple(  # type: ignore[return-value]
        {
            "events": _number(entry.get(f"{arm}.cases")), "n": _number(entry.get(f"{arm}.N")),
            "mean": _number(entry.get(f"{arm}.mean")), "sd": _number(entry.get(f"{arm}.SD")),
        }
        for arm in ("Experimental", "Control")
    )  # fmt: skip


def _number(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


def _record(row: Any, figures: list[str], entry: Entry, mark: str, path: str) -> dict[str, str]:
    drug = getattr(row, "substances", "") or getattr(row, "substance", "")
    drug = drug.replace(" + ", "; ").replace(";", ",") or "none"
    about = f"drug={drug}; population={entry['Study']}, opioid dependence; outcome={entry['Analysis.name']}"
    given = (
        getattr(row, "intervention", "")
        or getattr(row, "arm_label", "")
        or getattr(row, "exposure", "")
    )
    if re.search("XR-|sustained|implant", given):
        route = "depot (implant)" if "implant" in given else "depot (injection or implant)"
        about += f"; route={route}; form=sustained release"
    elif "oral" in given:
        about += "; route=oral"
    if path == NALTREXONE:
        about += (
            "; comparison=sustained-release naltrexone against that of the review's comparison "
            f"{entry['Analysis.group']}"
        )
    else:
        about += "; comparison=opioid agonists in primary care against specialty care"
    place = f"{REPOSITORY}, {path}, analysis {entry['Analysis.group']}.{entry['Analysis.number']}, {entry['Study']}"
    untold = path == NALTREXONE and row.id.startswith("treatment-")
    if untold and row.comparator in COMPARATORS:
        figures = [*figures, f"comparator={row.comparator}"]
        place += "; comparator: summary of the review (cochrane.org, CD006140)"
        untold = False
    time = TIMES.get(getattr(row, "study", "") or "")
    if time and getattr(row, "timepoint", "per review") not in {"", "per review"}:
        about += f"; time={time['time']}"
        place += f"; treatments and time: {time['seen']}"
    return {
        "fact": row.id, "printed": "; ".join(figures), "about": about, "place": place,
        "confirmed_by": "repository file", "passage": mark,
        "not_stated": "comparator" if untold else "",
    }  # fmt: skip


if __name__ == "__main__":
    local = Path(sys.argv[1])
    naltrexone, first = _read(local, NALTREXONE)
    care, second = _read(local, PRIMARY_CARE)
    write(
        "repository.csv",
        [
            *results(naltrexone, first, "kornor2025sustained", NALTREXONE),
            *results(care, second, "cochrane2024primarycareoat", PRIMARY_CARE),
            *arms(naltrexone, first),
            *risks(naltrexone, first),
            *planning(naltrexone, first),
        ],
    )
