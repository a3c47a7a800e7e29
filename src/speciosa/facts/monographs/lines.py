"""Lines of a monograph: each says one thing and carries what it rests on and how that was seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from speciosa.facts.places import standing
from speciosa.facts.record import Measured, split
from speciosa.facts.schema import (
    LegalStatus,
    Observation,
    Parameter,
    Question,
    RegisteredTrial,
    Risk,
    SafetyNote,
    Scale,
    Search,
    StudyResult,
    TrialArm,
)
from speciosa.facts.sourced import SourcedNumber
from speciosa.facts.tables import TABLES, rows

SEEN_RANK = {"fulltext": 0, "repository": 1, "abstract": 2, "recall": 3, "judgement": 4, "guess": 5}


@dataclass(frozen=True, slots=True)
class Line:
    """One statement with its sources.

    Attributes:
        label: what it is about.
        text: the statement, with value, spread and unit.
        sources: reference keys, or the sources in words where they are no document.
        seen: how it was seen.
        fact: the id of the row, where it is one row.
        checked: what became of it when it was compared with its source.
        detail: place in the source and remarks.
    """

    label: str
    text: str
    sources: tuple[str, ...]
    seen: str
    fact: str = ""
    checked: str = ""
    detail: str = ""

    def __str__(self) -> str:
        about = [
            ", ".join(self.sources),
            self.seen,
            self.checked if self.checked in {"confirmed", "corrected"} else "",
        ]
        tail = "; ".join(part for part in (*about, self.fact) if part)
        return f"{self.label}: {self.text}  [{tail}]" if self.label else f"{self.text}  [{tail}]"


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading; `left_out` counts those that a short monograph does not show."""

    title: str
    lines: tuple[Line, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Monograph:
    """All that is known of one thing, in sections."""

    kind: str
    id: str
    title: str
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line of every section."""
        return tuple(line for section in self.sections for line in section.lines)

    def __str__(self) -> str:
        parts = [f"{self.title} ({self.kind})"]
        for section in self.sections:
            parts += ["", section.title, *(f"  {line}" for line in section.lines)]
            if section.left_out:
                parts.append("  More rows: add --all.")
        return "\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The monograph for JSON."""
        return asdict(self)


def section(title: str, lines: Iterable[Line], limit: int | None) -> Section:
    """A section that shows at most `limit` lines; None shows all."""
    found = tuple(lines)
    shown = found if limit is None else found[:limit]
    return Section(title, shown, len(found) - len(shown))


def quantity(record: Measured) -> str:
    """Value, unit and spread as one text, such as ``233 L/h (range 71.7 to 302; median, n=5)``."""
    unit = "" if record.unit in {"", "1"} else f" {record.unit}"
    bound = {"lower": "above ", "upper": "below "}.get(getattr(record, "bound", ""), "")
    spread = "" if not record.printed_spread else f"{record.spread_type} {record.printed_spread}"
    spread = spread.replace("unstated", "+-")
    about = [
        record.statistic if record.statistic != "single" else "",
        f"n={record.n}" if record.n else "",
    ]
    if record.value is None:
        if not spread:
            return record.note
        return f"{spread}{unit} ({', '.join(filter(None, about))})".replace(" ()", "")
    tail = "; ".join(filter(None, [spread, ", ".join(filter(None, about))]))
    return f"{bound}{record.value:g}{unit}" + (f" ({tail})" if tail else "")


def parameter(record: Parameter, same_as: str = "") -> Line:
    """A parameter as a line; `same_as` names the row that it only restates."""
    again = f"restates {same_as}" if same_as else ""
    where = "; ".join(filter(None, [record.system, record.assay, again]))
    return _of_fact(record, record.parameter.replace("_", " "), f"{quantity(record)}; {where}")


def observation(record: Observation) -> Line:
    """An observed statistic as a line."""
    dose = f"{record.dose} {record.dose_unit} {record.route} {record.formulation}".strip()
    at = f" at {record.at}" if record.at else ""
    where = "; ".join(filter(None, [dose, record.regimen, record.population, record.study]))
    return _of_fact(record, f"{record.analyte} {record.metric}{at}", f"{quantity(record)}; {where}")


def study_result(record: StudyResult) -> Line:
    """A study result as a line."""
    parts = [
        f"{record.intervention} against {record.comparator}"
        if record.comparator
        else record.intervention
    ]
    if record.estimate is not None:
        ends = "" if record.ci_low is None else f" ({record.ci_low:g} to {_number(record.ci_high)})"
        parts.append(f"{record.effect_measure} {record.estimate:g}{ends}")
    for word, events, n, mean, sd in (
        ("", record.events_t, record.n_t, record.mean_t, record.sd_t),
        ("against ", record.events_c, record.n_c, record.mean_c, record.sd_c),
    ):
        if events is not None:
            parts.append(f"{word}{events:g}" + (f" of {n:g}" if n is not None else ""))
        if mean is not None:
            parts.append(f"{word}mean {mean:g}" + (f" (SD {sd:g})" if sd is not None else ""))
    parts += [record.population, record.timepoint, record.design]
    return _of_fact(record, f"{record.study}, {record.outcome}", "; ".join(filter(None, parts)))


def trial_arm(record: TrialArm) -> Line:
    """A trial arm as a line."""
    events = f"{_number(record.events)} of {_number(record.n)}" if record.events is not None else ""
    text = "; ".join(
        filter(None, [record.arm_label, events, record.outcome, record.timepoint, record.network])
    )
    return _of_fact(record, record.study, text)


def risk(record: Risk) -> Line:
    """A risk as a line."""
    ends = "" if record.ci_low is None else f" ({record.ci_low:g} to {_number(record.ci_high)})"
    counts = _counted(record.events, record.denominator)
    parts = [
        f"{record.rate:g} {record.measure}{ends}",
        counts,
        record.population,
        record.period,
        record.design,
    ]
    confidence = f"{record.confidence} confidence"
    return _of_fact(
        record,
        f"{record.exposure}, {record.outcome}",
        "; ".join(filter(None, [*parts, confidence])),
    )


def law(record: LegalStatus, on: date | None = None) -> Line:
    """A legal status as a line, with the day on which it was true and how old the answer is at a day (today)."""
    since = f"since {record.since}" if record.since else "since when: not recorded"
    until = f"until {record.expires}" if record.expires else ""
    what = f"{record.substance} {record.scope}".strip()
    state = record.status.replace("_", " ")
    parts = [
        f"{what} {state}",
        f"{since} {until}".strip(),
        _to_come(record),
        record.citation,
        f"as of {record.as_of}",
        standing(record, on or date.today()).remark,
        f"{record.confidence} confidence",
        record.note,
    ]
    return Line(
        f"{record.place} ({record.code})",
        "; ".join(filter(None, parts)),
        record.sources,
        record.seen,
        record.id,
        record.checked,
    )


def _to_come(record: LegalStatus) -> str:
    if not record.pending_status:
        return ""
    when = f" from {record.pending_from}" if record.pending_from else ", from when: not found"
    return f"enacted: {record.pending_status.replace('_', ' ')}{when}"


def law_by_state(
    found: Sequence[LegalStatus], limit: int | None, on: date | None = None
) -> Iterator[Line]:
    """Legal status row by row, or by state with its places where there are more than `limit` rows."""
    on = on or date.today()
    if limit is None or len(found) <= limit:
        yield from (law(row, on) for row in found)
        return
    for group in dict.fromkeys((row.substance, row.scope, row.status) for row in found):
        places = [row for row in found if (row.substance, row.scope, row.status) == group]
        dates = sorted(row.as_of for row in places)
        as_of = f"as of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"
        stale = [row.code for row in places if standing(row, on).stale]
        old = f"; stale: {', '.join(stale)}" if stale else ""
        seen = max((row.seen for row in places), key=lambda way: SEEN_RANK[way])
        text = f"{', '.join(row.code for row in places)}; {as_of}{old}"
        rows_of = f"{places[0].id} and others, see speciosa legal"
        label = " ".join(filter(None, group)).replace("_", " ")
        yield Line(label, text, ("legal table",), f"{seen} or better", rows_of)


def scale(record: Scale) -> Line:
    """A property of a scale as a line."""
    return _of_fact(record, record.property, record.statement)


def question(record: Question) -> Line:
    """What is not known, as a line."""
    return _of_fact(record, record.kind, record.question)


def safety_note(record: SafetyNote, label: str = "") -> Line:
    """A note on safety as a line; `label` is its topic unless told otherwise."""
    rests = f" (numbers: {', '.join(split(record.rows))})" if record.rows else ""
    return _of_fact(record, label or record.topic, record.statement + rests)


def registered(record: RegisteredTrial) -> Line:
    """A registered trial as a line, with the day on which its record said so."""
    against = f"against {record.comparator}" if record.comparator else ""
    people = f"n={record.n}" if record.n else ""
    days = " to ".join(filter(None, [record.starts, record.ends]))
    parts = [
        record.title,
        record.status,
        f"{record.intervention} {against}".strip(),
        people,
        days,
        record.results,
        f"as of {record.as_of}",
        f"looked up {record.looked_up_on}",
    ]
    return _of_fact(record, record.registry, "; ".join(filter(None, parts)))


def searched(record: Search) -> Line:
    """A search as a line: what was looked for, where, when, and what was found."""
    text = f"{record.question}; {record.on}; {record.places}; found: {record.found}"
    return Line(record.id, text, ("search log",), "none")


def sourced(number: SourcedNumber, seen_of: Mapping[str, tuple[tuple[str, ...], str]]) -> Line:
    """A number of a product or sheet as a line; `seen_of` gives references and way of seeing of a fact id."""
    found = [seen_of[row] for row in number.rows if row in seen_of]
    keys = tuple(dict.fromkeys(key for sources, _ in found for key in sources))
    if not keys and number.reference:
        keys = split(number.reference)
    text = number.text + (f"; {number.how}" if number.how else "")
    if not keys and number.guess:
        return Line(
            number.name, f"{text}; guess: {number.guess}", ("guess",), number.seen or "guess"
        )
    if not keys:
        return Line(number.name, text, ("model sheet",), "selected", detail=number.how)
    seen = (
        max((way for _, way in found), key=lambda way: SEEN_RANK.get(way, 9))
        if found
        else number.seen
    )
    return Line(
        number.name, text, keys, seen or "recall", ", ".join(number.rows), detail=number.how
    )


@lru_cache(maxsize=1)
def seen_by_fact() -> dict[str, tuple[tuple[str, ...], str]]:
    """References and way of seeing of every fact that has a reference, by id."""
    return {
        row.cells["id"]: (split(row.cells["reference"]), row.cells.get("seen", ""))
        for name in TABLES
        for row in rows(name)
        if row.cells.get("reference")
    }


def _of_fact(record: Any, label: str, text: str) -> Line:
    detail = "; ".join(
        filter(None, [record.location, record.note if record.note not in text else ""])
    )
    return Line(label, text, record.sources, record.seen, record.id, record.checked, detail)


def _counted(events: float | None, of: float | None) -> str:
    if of is None:
        return ""
    return f"n={of:g}" if events is None else f"{events:g} of {of:g}"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"
