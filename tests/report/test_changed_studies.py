"""Who changes a shipped study in three places, drug, dose and patient, reads words that are right by the numbers.

The numbers are taken from the table of outcomes and from the regimens anew, not by the code that writes the sentences.
"""

import math
import re

import numpy as np
import pytest
from tests.report.changed import changed_run

from speciosa import facts
from speciosa.comparison.findings import Finding, findings
from speciosa.report.arm_names import label
from speciosa.report.first.bottom_line import MOST_WORDS, bottom_line
from speciosa.report.first.screen import warnings_html
from speciosa.report.first.table import findings_table
from speciosa.report.sections.sources import Sources
from speciosa.study.endpoints import definitions
from speciosa.study.question.schema import Arm
from speciosa.study.result import StudyRun

FEW, MANY = range(10), range(10, 200)
_MG = {"mg": 1.0, "g": 1000.0, "ug": 0.001}
_AMOUNT = r"(less than 0\.1|less than 1|fewer than 1|\d[\d,]*(?:\.\d+)?)"


def spoken(name: str) -> str:
    head = name.split()[0]
    return name if len(head) > 1 and head[1:] != head[1:].lower() else name[:1].lower() + name[1:]


def number(text: str) -> float:
    return 0.0 if " " in text else float(text.replace(",", ""))


def differences(run: StudyRun, key: str, arm: str) -> np.ndarray:
    """Draw by draw, from the table."""
    title, scale = definitions()[key].title, 100.0 if key == "breathing_fall" else 1.0
    table = run.outcomes.table
    one, other = (
        table.filter((table["outcome"] == title) & (table["arm"] == name)).sort("draw")["value"]
        for name in (arm, run.study.reference)
    )
    return scale * (one.to_numpy() - other.to_numpy())


def close(said: str, value: float, scale: float = 1.0) -> bool:
    """Whether a printed amount is a rounded value: to a tenth below 10, else to the second digit."""
    size = scale * abs(value)
    if said.startswith(("less", "fewer")):
        return size < number(said.rsplit(" ", 1)[1])
    step = 0.1 if "." in said else 1.0 if size < 100 or scale > 1 else 10.0
    return abs(number(said) - size) <= 0.51 * step


@pytest.mark.parametrize(
    "which", [*FEW, *(pytest.param(each, marks=pytest.mark.slow) for each in MANY)]
)
def test_every_sentence_of_a_changed_study_says_what_its_numbers_say(which: int) -> None:
    run = changed_run(which)
    rows = {row.key: row for row in findings(run)}
    sentences = bottom_line(run)
    said = " ".join(each.words for each in sentences)
    assert len(said.split()) <= MOST_WORDS and "(" not in said
    check_model(said, run, rows)
    check_danger(said, run)
    check_trials(said, run, rows)
    check_table(run, list(rows.values()))
    for arm in run.study.arms:
        check_label(arm)
    check_warnings(run)


MAIN = {
    "Pain falls by": ("pain_relief", "acute_relief"),
    "Withdrawal is": ("withdrawal_first_week", "withdrawal_worst"),
}


def check_model(said: str, run: StudyRun, rows: dict[str, Finding]) -> None:
    """What is only simulated: the amounts, their way, and that the arms named are those of the ends."""
    arms = {spoken(arm.name): arm.name for arm in run.study.arms}
    names = "|".join(sorted(map(re.escape, arms), key=len, reverse=True))
    for start, keys in MAIN.items():
        for named in re.findall(r"With (.*?) (?:pain|withdrawal) does not change", said):
            key = next(key for key in keys if key in rows) if set(keys) & set(rows) else ""
            for name in [
                name for spoken_name, name in arms.items() if spoken_name in named and key
            ]:
                assert abs(np.median(differences(run, key, name))) < 1e-6
        found = re.search(rf"{start} [^:]*? with (?:{names})\.", said)
        key = next((key for key in keys if key in rows), "")
        if not found or not key:
            continue
        told = re.findall(
            rf"{_AMOUNT}(?: of \d+ points)? (more|less|higher|lower) with ({names})", found[0]
        )
        assert told, found[0]
        for amount, way, name in told:
            middle = float(np.median(differences(run, key, arms[name])))
            assert close(amount, middle), (amount, middle, name)
            assert middle == 0 or (way in ("more", "higher")) == (middle > 0), (way, middle)
        alone = {
            cell.arm: float(np.median(differences(run, key, cell.arm)))
            for cell in rows[key].cells.values()
            if cell.simulated is not None and not (cell.trial is not None and cell.trial.first)
        }
        if len(told) == 2:
            ends = {float(np.median(differences(run, key, arms[name]))) for _, _, name in told}
            assert ends == {min(alone.values()), max(alone.values())}


def check_danger(said: str, run: StudyRun) -> None:
    """Whose breathing stops, and of how many; nothing where it stops in at most one of a thousand."""
    title = definitions()["breathing_stops"].title
    drawn = {arm.name: run.outcomes.draws(title, arm.name) for arm in run.arms}
    means = {name: float(values.mean()) for name, values in drawn.items() if len(values)}
    worst = max(means.values(), default=0.0)
    found = re.search(
        rf"Breathing stops in (up to )?{_AMOUNT}.*? people on (.*?) in the model", said
    )
    assert bool(found) == (worst > 1e-3)
    check_fall(said, run, bool(found))
    if found:
        name = next(arm.name for arm in run.study.arms if spoken(arm.name) == found[3])
        assert means[name] == worst
        share = float(np.quantile(drawn[name], 0.95 if found[1] else 0.5))
        assert close(found[2], share, 1000.0), (found[0], share)


def check_fall(said: str, run: StudyRun, stops: bool) -> None:
    """What slows breathing, where nobody's stops and the drive to breathe falls by a tenth or more."""
    title = definitions()["breathing_fall"].title
    drawn = {arm.name: run.outcomes.draws(title, arm.name) for arm in run.arms}
    slow = [arm for arm in run.arms if len(drawn[arm.name]) and np.median(drawn[arm.name]) >= 0.1]
    found = re.search(r"(Opioids slow|Kratom can slow|(.*?) slows) breathing", said)
    assert bool(found) == (bool(slow) and not stops)
    if found:
        groups = " ".join(str(facts.substance(n).group) for arm in slow for n in arm.substances)
        assert ("opioid agonist" in groups or "opioid partial" in groups) == (
            found[1] == "Opioids slow"
        )
        assert found[1] != "Kratom can slow" or "kratom" in groups


def check_trials(said: str, run: StudyRun, rows: dict[str, Finding]) -> None:
    """Each figure of trials is one of a row that is sure enough; the arms without one are named as such."""
    cells = [cell for row in rows.values() for cell in row.cells.values()]
    sure = [c.trial for c in cells if c.trial is not None and c.trial.first]
    for text in re.findall(rf"{_AMOUNT} (?:more|fewer) of 1,000 people", said):
        assert any(close(text, figure.estimate, 1000.0) for figure in sure), text
    pain = re.search(r"In trials, (.*?) of 10 points more than", said)
    for text in re.findall(r" by (\d\.\d)", pain[1]) if pain else ():
        estimates = [
            facts.fact(figure.row).estimate for figure in sure if "relief" in figure.outcome
        ]
        assert any(
            abs(abs(each) * scale - float(text)) <= 0.051
            for each in estimates
            for scale in (1, 0.1, 10)
        )
    named = re.search(r"For (.*?) no trial here gives a sure figure", said)
    if named and "of the treatments" not in named[1]:
        main = next(row for row in rows.values())
        for cell in main.cells.values():
            told = cell.trial is not None and cell.trial.first
            head = spoken(cell.arm.split(",")[0])
            assert (head in named[1]) != told or head.split()[0] in named[1], (head, named[1])


def check_table(run: StudyRun, rows: list[Finding]) -> None:
    """Every cell: the figure to go by, its interval, one in how many, whether people notice, whether the two disagree."""
    labels = {arm.name: label(arm) for arm in run.study.arms}
    html = str(findings_table(rows, labels, run.study.reference, Sources()))
    for row in rows:
        line = re.search(rf'<tr id="finding-{row.key.replace("_", "-")}">.*?</tr>', html, re.DOTALL)
        assert line
        drawn = re.findall(r"<td.*?</td>", line[0], re.DOTALL)
        for cell, text in zip(row.cells.values(), drawn, strict=True):
            lines = [
                re.sub(r"<[^>]+>", "", part).strip()
                for part in re.split(r"<small[^>]*>|</small>|</b>", text)
            ]
            check_cell(run, row, cell.arm, [part for part in lines if part])


def check_cell(run: StudyRun, row: Finding, arm: str, lines: list[str]) -> None:
    cell = row.cells[arm]
    if lines[0].startswith("no figure") or row.key not in definitions():
        return
    drawn = differences(run, row.key, arm) if cell.simulated else np.empty(0)
    scale = 1000.0 if row.unit == "share" else 1.0
    by_trial = cell.trial is not None and (cell.trial.first or cell.simulated is None)
    if by_trial and cell.trial is not None and cell.trial.kind != "difference":
        return
    middle = cell.trial.estimate if by_trial and cell.trial else float(np.median(drawn))
    ends = (
        (cell.trial.low, cell.trial.high)
        if by_trial and cell.trial
        else tuple(np.quantile(drawn, [0.05, 0.95]))
    )
    check_figure(lines[0], middle, scale)
    needed = next((part for part in lines if part.startswith("1 in ")), None)
    certain = None not in ends and ends[0] * ends[1] > 0
    if needed:
        assert row.unit == "share" and certain
        assert int(needed[5:].replace(",", "")) == math.ceil(1 / abs(middle) - 1e-9)
    unnoticed = row.least is not None and 1e-9 < abs(middle) < row.least
    assert ("less than people notice" in lines) == unnoticed, (lines, middle)
    if cell.trial is not None and cell.simulated is not None and cell.trial.kind == "difference":
        low, high = (
            cell.trial.estimate if x is None else x for x in (cell.trial.low, cell.trial.high)
        )
        apart = np.quantile(drawn, 0.05) > high or np.quantile(drawn, 0.95) < low
        assert "the two disagree" in lines or not apart, (lines, row.key, arm)


def check_figure(text: str, value: float, scale: float) -> None:
    """A difference with its sign, as the cell prints it."""
    if text == "no difference":
        assert abs(value) * scale < 0.5
        return
    found = re.match(rf"([+-]?){_AMOUNT}", text)
    assert found, text
    assert close(found[2], value, scale), (text, value)
    up = found[1] == "+" if found[1] else text.endswith("more")
    assert up == (value > 0), (text, value)


def check_label(arm: Arm) -> None:
    """Every product's last repeated dose, and what it comes to in a day; morphine as the sum over opioids."""
    last = {d.product: d for d in arm.treatment.doses if d.every_h and d.count > 1}
    if not last or any("/" in dose.unit for dose in last.values()):
        return
    told = label(arm).dose
    printed = re.findall(
        r"([\d.,]+) (g|mg|ug)(?: [^+,]*?)? every [^,+]*(?:, ([\d.,]+) (g|mg|ug) a day)?", told
    )
    assert len(printed) == len(last), told
    for (amount, unit, daily, _), dose in zip(printed, last.values(), strict=True):
        assert unit == dose.unit
        assert number(amount) == pytest.approx(dose.amount, rel=5e-3), told
        if daily:
            assert number(daily) == pytest.approx(dose.amount * 24 / (dose.every_h or 24), rel=5e-3)
        most = max(d.amount for d in arm.treatment.doses if d.product == dose.product)
        assert most == dose.amount or f"first {most:g}" in told, told
    equal = re.search(r"equal to ([\d.,]+) mg", label(arm).equivalents)
    if equal:
        total = 0.0
        for name, dose in last.items():
            if str(facts.substance(str(name)).group).startswith("opioid"):
                day = dose.amount * _MG[dose.unit] * 24 / (dose.every_h or 24)
                total += facts.mme(str(name), day).value
        assert number(equal[1]) == pytest.approx(total, rel=0.06)


def check_warnings(run: StudyRun) -> None:
    """A dose beyond the largest that a label states is told, with how many times too large it is as labels count it."""
    told = re.sub(r"<[^>]+>", "", str(warnings_html(run.study)))
    kind = "label_dose_daily_max"
    for arm in run.study.arms:
        begun: dict[str, list[tuple[float, float]]] = {}
        for dose in arm.treatment.doses:
            if dose.unit in _MG:
                mg = dose.amount * _MG[dose.unit]
                begun.setdefault(str(dose.product), []).extend((at, mg) for at in dose.times_h)
        for name, times in begun.items():
            rows = [
                row.value
                for row in facts.records("parameters", parameter=kind)
                if row.substance == name and row.value
            ]
            day = max(sum(mg for at, mg in times if at0 <= at < at0 + 24) for at0, _ in times)
            if rows and day > 1.05 * max(rows):
                assert f"{day / max(rows):.3g} times" in told, (name, day, rows, told)
