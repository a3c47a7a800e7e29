"""The bottom line: at most 120 plain words on what is known, what is only simulated, what is dangerous, and what nobody knows.

Sentences are made in the order of their weight, and the least of them are left out where there is no room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from markupsafe import Markup

from speciosa.comparison.findings import Cell, Finding, findings
from speciosa.facts import substance
from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import link_numbers
from speciosa.report.texts import listed, text, texts
from speciosa.report.words import PEOPLE, amount, people, unnoticed
from speciosa.study.endpoints import STOPS, TOLD
from speciosa.study.result import StudyRun

MOST_WORDS = 120
DEADLY = 0.5
FALL = "breathing_fall"
_MARKED = 0.1
_MOST_NAMED = 3
_MAIN = {
    "pain": ("pain_relief", "acute_relief", "responders", "acute_responders"),
    "withdrawal": ("withdrawal_first_week", "withdrawal_worst"),
    "interactions": ("breathing_fall", "sedation", "qtc"),
}


@dataclass(frozen=True)
class Sentence:
    """One sentence of the bottom line.

    Attributes:
        words: as plain text.
        anchor: where its numbers come from.
        weight: 0 is said first; those of most weight are left out first.
        place: in the text.
        part: ``known``, ``model``, ``danger`` or ``unknown``.
    """

    words: str
    anchor: str
    weight: int
    place: int
    part: str


Said = tuple[str, str, int]
"""Words, anchor and weight of a sentence that has no place yet."""


def bottom_line(run: StudyRun, rows: Sequence[Finding] | None = None) -> list[Sentence]:
    """The sentences of the bottom line, in order of reading, together at most `MOST_WORDS` words.

    Args:
        run: the simulated study.
        rows: its findings; made here where they are not at hand.
    """
    return shortened(all_sentences(run, findings(run) if rows is None else rows))


def shortened(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The weightiest sentences that fit, in order of reading."""
    kept: list[Sentence] = []
    room = MOST_WORDS - sum(len(lead.split()) for lead in texts("bottom.part").values())
    for sentence in sorted(sentences, key=lambda each: each.weight):
        size = len(sentence.words.split())
        if size <= room:
            kept.append(sentence)
            room -= size
    return sorted(kept, key=lambda each: each.place)


def bottom_line_html(run: StudyRun, rows: Sequence[Finding] | None = None) -> Markup:
    """The bottom line: a paragraph a part, each number linked to where it comes from."""
    paragraphs = []
    for part, group in groupby(bottom_line(run, rows), key=lambda each: each.part):
        words = Markup(" ").join(link_numbers(each.words, each.anchor) for each in group)
        paragraphs.append(
            Markup('<p class="{}"><b>{}</b> {}</p>').format(
                part, text(f"bottom.part.{part}"), words
            )
        )
    return Markup("").join(paragraphs)


def all_sentences(run: StudyRun, rows: Sequence[Finding]) -> list[Sentence]:
    """Every sentence that could be said of the findings, before room is counted."""
    study = run.study
    known: list[Said] = []
    danger: list[Said] = []
    stops, deadly = _stops(run)
    if stops:
        danger.append((stops, "finding-breathing-stops", 0))
    else:
        danger += [(words, "finding-breathing-fall", 1) for words in _slows(run)]
    main = _main(rows, study.indication)
    for row in rows:
        if row is not main and "people" in _says(row):
            weight = 1 if row.key == "death" else 5 if row.benefit else 6
            told = [(words, "findings", weight) for words in _from_studies(row, study.reference)]
            known += told
    model: list[Said] = []
    if main is not None:
        known[:0] = _told(main, study.reference, 2)
        about = [row for row in rows if row.key in _MAIN[study.indication]]
        known += _untold(main, [row for row in about if row is not main])
        model = _simulated(main, 3)
    unknown = [(text(f"bottom.unknown_{study.indication}"), "unknown", 4), *_empty(main)]
    order = {"known": known, "model": model, "danger": danger, "unknown": unknown}
    if deadly:
        order = {"danger": danger} | order
    said = [(part, *each) for part, sentences in order.items() for each in sentences]
    return [
        Sentence(words, anchor, weight, place, part)
        for place, (part, words, anchor, weight) in enumerate(said)
    ]


def main_outcome(rows: Sequence[Finding], indication: str) -> str:
    """The key of the outcome that the question is about; empty where nothing is told."""
    main = _main(rows, indication)
    return main.key if main else ""


def _main(rows: Sequence[Finding], indication: str) -> Finding | None:
    """The outcome that the question is about: the first of the usual ones that the report tells."""
    first = [row for key in _MAIN[indication] for row in rows if row.key == key]
    return next(iter([*first, *rows]), None)


def _stops(run: StudyRun) -> tuple[str, bool]:
    """Whose breathing stops most, where it does so in more than one of a thousand virtual people; whether in most of them."""
    if STOPS not in run.definitions:
        return "", False
    title = run.definitions[STOPS].title
    drawn = {arm.name: run.outcomes.draws(title, arm.name) for arm in run.arms}
    means = {name: float(values.mean()) for name, values in drawn.items() if len(values)}
    worst = max(means, key=lambda name: means[name], default="")
    if not worst or means[worst] <= TOLD:
        return "", False
    middle, high = (people(float(x)) for x in np.quantile(drawn[worst], [0.5, 0.95]))
    if np.median(drawn[worst]) * PEOPLE < 1:
        count = text("bottom.up_to", high=high)
    else:
        count = middle if middle == high else text("bottom.perhaps", middle=middle, high=high)
    deadly = means[worst] > DEADLY
    words = text(f"bottom.{'deadly' if deadly else 'stops'}", count=count, arm=_said(worst))
    return words, deadly


def _slows(run: StudyRun) -> list[str]:
    """What slows breathing where it does not stop, and what must not come beside it; nothing where no arm does so markedly."""
    if FALL not in run.definitions:
        return []
    title = run.definitions[FALL].title
    drawn = {arm.name: run.outcomes.draws(title, arm.name) for arm in run.arms}
    marked = [
        arm for arm in run.arms if len(drawn[arm.name]) and np.median(drawn[arm.name]) >= _MARKED
    ]
    groups = {str(substance(name).group) for arm in marked for name in arm.substances}
    if any(group.startswith(("opioid agonist", "opioid partial")) for group in groups):
        return [text("bottom.slow_opioids")]
    if any(group.startswith("kratom") for group in groups):
        return [text("bottom.slow_kratom")]
    return [text("bottom.slow_other", arm=marked[0].name)] if marked else []


def _from_studies(row: Finding, reference: str) -> list[str]:
    """What studies of at least moderate certainty say of an outcome, a sentence a figure; one for all arms that share it."""
    told = [
        cell
        for cell in row.cells.values()
        if cell.trial is not None and cell.trial.first and cell.trial.kind == "difference"
    ]
    told.sort(key=lambda cell: cell.trial.row if cell.trial else "")
    groups = [
        list(group)
        for _, group in groupby(told, key=lambda cell: cell.trial.row if cell.trial else "")
    ]
    if len(groups) > 1 and row.unit != "share" and "relief" in row.key:
        return [_relief_in_trials(row, groups, reference)]
    return [_study_sentence(row, cells, reference) for cells in groups]


def _relief_in_trials(row: Finding, groups: Sequence[list[Cell]], reference: str) -> str:
    """The figures of several reviews of one relief, in one sentence."""
    each = []
    for place, cells in enumerate(groups):
        figure = cells[0].trial
        assert figure is not None
        each.append(
            text(
                "bottom.trial_pain_next" if place else "bottom.trial_pain_one",
                who=figure.who or _names([cell.arm for cell in cells]),
                amount=amount(figure.estimate, row.unit),
            )
        )
    return text("bottom.trial_pain_many", all=listed(each), reference=_said(reference))


def _study_sentence(row: Finding, cells: Sequence[Cell], reference: str) -> str:
    figure = cells[0].trial
    assert figure is not None
    who = figure.who or _names([cell.arm for cell in cells])
    if row.unit != "share":
        return text(
            "bottom.trial_pain" if "relief" in row.key else "bottom.trial_scale",
            who=who,
            what=_said(row.title),
            amount=amount(figure.estimate, row.unit),
            unit=row.unit,
            way=text("word.higher" if figure.estimate > 0 else "word.lower"),
            reference=_said(reference),
        )
    return text(
        "bottom.cohort_people" if figure.observational else "bottom.trial_people",
        count=people(figure.estimate),
        way=text("word.more" if figure.estimate > 0 else "word.fewer"),
        what=text(f"says.{row.key}.people"),
        who=who,
        reference=_said(reference),
    )


def _told(row: Finding, reference: str, weight: int) -> list[Said]:
    """What studies say of the main outcome, whether people would notice, and where the model disagrees."""
    said = [(words, "findings", weight) for words in _from_studies(row, reference)]
    first = [cell for cell in row.cells.values() if cell.trial is not None and cell.trial.first]
    if said and row.least is not None:
        key = "unnoticed" if all(unnoticed(row, cell) for cell in first) else "noticed"
        words = text(f"bottom.{key}", least=f"{row.least:g}", unit=_one(row.least, row.unit))
        said.append((words, "findings", weight))
    apart = [cell.arm for cell in first if cell.disagrees]
    if apart:
        said.append((text("bottom.disagree", arms=_names(apart)), "findings", weight))
    return said


def _simulated(row: Finding, weight: int) -> list[Said]:
    """What only the model says of the main outcome: the least and the most of the arms that no study tells."""
    alone = {
        cell.arm: cell.simulated.median
        for cell in row.cells.values()
        if cell.simulated is not None and not (cell.trial is not None and cell.trial.first)
    }
    said: list[Said] = []
    if alone:
        low, high = (pick(alone, key=lambda name: alone[name]) for pick in (min, max))
        if abs(alone[low]) > abs(alone[high]):
            low, high = high, low
        said.append((_range(row, alone, low, high), anchor_of("made", high), weight))
        said.append((text("bottom.sure"), "methods", weight + 2))
    return said


def _untold(row: Finding, kin: Sequence[Finding]) -> list[Said]:
    """The arms of which no figure of studies that is sure enough tells the main outcome, or one that counts the same."""
    first = [
        any(
            (cell := each.cells[arm]).trial is not None and cell.trial.first for each in (row, *kin)
        )
        for arm in row.cells
    ]
    alone = [cell.arm for cell, told in zip(row.cells.values(), first, strict=True) if not told]
    if not alone:
        return []
    words = (
        text("bottom.no_trials", arms=_names(alone, "or"))
        if any(first)
        else text("bottom.no_trials_at_all", what=_what(row))
    )
    return [(words, "evidence", 3)]


def _empty(row: Finding | None) -> list[Said]:
    """The arms of which neither the model nor a study tells the main outcome."""
    cells = row.cells.values() if row else ()
    empty = [cell.arm for cell in cells if cell.simulated is None and not cell.trial]
    return [(text("bottom.nothing", arms=_names(empty)), "unknown", 4)] if empty else []


def _range(row: Finding, values: Mapping[str, float], low: str, high: str) -> str:
    """The simulated differences of two arms, or of all where they look alike."""
    if all(amount(value, row.unit) == "0" for value in values.values()):
        return text("bottom.model_none", arms=_names(list(values)), what=_what(row))
    if amount(values[low], row.unit) == "0":
        unchanged = [name for name, value in values.items() if amount(value, row.unit) == "0"]
        none = text("bottom.model_none", arms=_names(unchanged), what=_what(row))
        most = _phrase(row, values[high], "model")
        said = text("bottom.model_one", first=most[:1].upper() + most[1:], arm=_said(high))
        return f"{said} {none}"
    first, second = (_phrase(row, values[name], "model") for name in (low, high))
    start = first[:1].upper() + first[1:]
    if first == second:
        return text("bottom.model_one", first=start, arm=_names(list(values)))
    again = "again" if values[low] * values[high] > 0 else "model"
    return text(
        "bottom.model_two",
        first=start,
        low_arm=_said(low),
        second=_phrase(row, values[high], again),
        high_arm=_said(high),
    )


def _what(row: Finding) -> str:
    return text(f"says.{row.key}.what") if "what" in _says(row) else _said(row.title)


def _says(row: Finding) -> Mapping[str, str]:
    found: Mapping[str, Mapping[str, str]] = texts("says")
    return found.get(row.key, {})


def _phrase(row: Finding, value: float, key: str) -> str:
    """A simulated difference as a sentence says it."""
    more = value > 0
    if key in _says(row):
        return text(
            f"says.{row.key}.{key}",
            amount=amount(value, row.unit),
            way=text("word.more" if more else "word.less"),
            height=text("word.higher" if more else "word.lower"),
        )
    way = text("word.higher" if more else "word.lower")
    size = f"{people(value)} of 1,000" if row.unit == "share" else amount(value, row.unit)
    return f"{_said(row.title)} is {size}{'' if row.unit == 'share' else ' ' + row.unit} {way}"


def _one(least: float, unit: str) -> str:
    return unit.removesuffix("s") if least == 1 else unit


def _names(names: list[str], joint: str = "and") -> str:
    """Arms in prose; what begins alike is said once, and of many only how many."""
    short = list(dict.fromkeys(_said(name.split(",")[0]) for name in names))
    if len(short) > _MOST_NAMED:
        heads = list(dict.fromkeys(name.split()[0] for name in short))
        short = heads if len(heads) < len(short) else short
    if len(short) > _MOST_NAMED + 2:
        return f"{len(names)} of the treatments"
    return listed(short, joint)


def _said(name: str) -> str:
    """An arm's name within a sentence.

    Example:
        >>> _said("Buprenorphine patch"), _said("7-OH tablet"), _said("CBT")
        ('buprenorphine patch', '7-OH tablet', 'CBT')
    """
    head = name.split()[0] if name.split() else name
    return name if len(head) > 1 and head[1:] != head[1:].lower() else name[:1].lower() + name[1:]
