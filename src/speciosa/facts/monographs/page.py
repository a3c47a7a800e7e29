"""Monographs: everything known of a substance, product, claim, study or reference, each number with its source.

Sections of a substance: what it is, products and content, dose, pharmacokinetics, receptors, effects, interactions,
evidence, legal status, open questions. A short monograph shows the best rows of each; ``full=True`` shows all.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from speciosa.facts.bibliography import reference, references
from speciosa.facts.lookup import (
    checks,
    citing,
    confirmation,
    fact,
    inferences,
    records,
    restated,
    table_of,
)
from speciosa.facts.monographs import lines
from speciosa.facts.monographs.lines import Line, Monograph, Section, section
from speciosa.facts.monographs.substance import substance_sections
from speciosa.facts.names import Found, resolve
from speciosa.facts.places import legal
from speciosa.facts.products import Product, product
from speciosa.facts.record import split
from speciosa.facts.registry import substance
from speciosa.facts.safety import TOPICS, on_topic
from speciosa.facts.sourced import SourcedNumber, numbers, sheet_entry, sheets_with
from speciosa.facts.tables import TABLES, rows

SHORT = 12


def monograph(name: str, full: bool = False) -> Monograph:
    """The monograph of whatever a name stands for.

    Args:
        name: an id, a name or a synonym.
        full: show every row instead of the best of each section.

    Raises:
        UnknownNameError: nothing has this name.

    Example:
        >>> print(str(monograph("c07")).splitlines()[0])
        Kratom carries lower overdose risk than traditional opioids (claim)
    """
    found = resolve(name)
    parts = _WRITERS[found.kind](found.id, None if full else SHORT)
    return Monograph(
        found.kind, found.id, _title(found), tuple(part for part in parts if part.lines)
    )


def _title(found: Found) -> str:
    return f"{found.id}: {found.name}" if found.kind == "reference" else found.name


def _product(name: str, limit: int | None) -> Iterator[Section]:
    found = product(name)
    seen = lines.seen_by_fact()
    about = (("products file",), "selected")
    told = (("Routes", ", ".join(found.routes)), ("Also called", ", ".join(found.aliases)))
    note = str(found.entry.get("note", ""))
    yield section(
        "What it is", (Line(*each, *about) for each in (*told, ("Note", note)) if each[1]), None
    )
    held = numbers(found.entry, between="lots")
    yield section("Content", (lines.sourced(each, seen) for each in held), None)
    known = [substance(each).id for each in found.substances]
    absorbed = [each for name in known for each in _absorption(found, name)]
    yield section("How it gets in", (lines.sourced(each, seen) for each in absorbed), limit)
    form = str(found.entry.get("form", ""))
    rows_of = [row for each in known for row in records("observations", substance=each)]
    yield section(
        "Observed", (lines.observation(row) for row in rows_of if row.formulation == form), limit
    )
    of = ["kratom"] if found.id.startswith("kratom") else known
    yield section(
        "Legal status",
        lines.law_by_state([row for each in of for row in legal(of=each)], limit),
        None,
    )


def _absorption(found: Product, name: str) -> Iterator[SourcedNumber]:
    """The absorption of a substance from a product: its form by its routes in the model sheet."""
    form = found.entry.get("form", "any")
    entries = [
        each
        for each in sheet_entry(name).get("absorption", ())
        if each.get("route") in found.routes
    ]
    exact = {each["route"] for each in entries if each.get("form", "any") == form}
    for each in entries:
        if each.get("form", "any") == form or (
            each.get("form", "any") == "any" and each["route"] not in exact
        ):
            yield from numbers(each, f"{name} {each['route']}")


def _claim(name: str, limit: int | None) -> Iterator[Section]:
    found = fact(name)
    about = (found.sources, found.seen, found.id, found.checked)
    told = [
        ("Verdict", f"{found.verdict}, confidence {found.confidence:g}"),
        ("Why", found.note),
        ("Would support it", found.evidence_supporting),
        ("Would contradict it", found.evidence_contradicting),
        ("Kind", found.kind),
    ]
    yield section("Claim", (Line(label, text, *about) for label, text in told if text), None)
    yield section("Sources", (_citation(key) for key in found.sources if key not in TABLES), None)
    keys = set(found.sources)
    for title, table, write in _EVIDENCE:
        yield section(title, map(write, citing(table, keys)), limit)
    trials = [row for row in records("registered") if name in split(row.claims)]
    yield section("Trials under way", map(lines.registered, trials), None)
    looked = [row for row in records("searches") if name in split(row.claims)]
    yield section("Searched for", map(lines.searched, looked), None)
    if "legal" in keys:
        yield section("Legal status", lines.law_by_state(legal(), limit), None)


_EVIDENCE: tuple[tuple[str, str, Callable[..., Line]], ...] = (
    ("What the sources found", "studies", lines.study_result),
    ("Risks in the sources", "risks", lines.risk),
    ("Parameters in the sources", "parameters", lines.parameter),
    ("Observations in the sources", "observations", lines.observation),
)


def _study(name: str, limit: int | None) -> Iterator[Section]:
    results = records("studies", study=name)
    yield section("Results", map(lines.study_result, results), limit)
    arms = records("trial-arms", study=name)
    yield section("Arms", map(lines.trial_arm, arms), limit)
    observed = records("observations", study=name)
    yield section("Observations", map(lines.observation, observed), limit)
    keys = dict.fromkeys(key for row in (*results, *arms, *observed) for key in row.sources)
    yield section("Sources", map(_citation, keys), None)


def _reference(key: str, limit: int | None) -> Iterator[Section]:
    yield section("Reference", [_citation(key)], None)
    for title, table, write in (*_EVIDENCE, ("Trial arms", "trial-arms", lines.trial_arm)):
        yield section(title.replace(" in the sources", ""), map(write, citing(table, {key})), limit)
    claims = citing("claims", {key})
    yield section(
        "Claims", (Line(row.id, row.claim, row.sources, row.seen, row.id) for row in claims), limit
    )


def _fact(name: str, limit: int | None) -> Iterator[Section]:
    found = fact(name)
    table = table_of(name)
    about = (found.sources, found.seen, found.id, found.checked)
    cells = next(row.cells for row in rows(table) if row.cells["id"] == name)
    yield section(
        table, (Line(column, text, *about) for column, text in cells.items() if text), None
    )
    told = [
        Line(
            each.verdict,
            _verdict(each.column, each.old, each.new, each.note),
            (each.reference or "none",),
            each.seen or "looked for",
        )
        for each in checks(name)
    ]
    yield section("Compared with the source", _compared(name, about), None)
    yield section("Checks", told, None)
    yield section("Selected for the models", _uses(name, about), None)
    again = restated()
    told = [Line("says again", again[name], *about)] if name in again else []
    told += [Line("said again by", other, *about) for other, one in again.items() if one == name]
    yield section("One measurement, collected twice", told, None)
    yield section("Sources", (_citation(key) for key in found.sources if key in references()), None)


def _compared(name: str, about: tuple[Any, ...]) -> Iterator[Line]:
    """What was read when the fact was confirmed."""
    found = confirmation(name)
    if found is None:
        return
    for label, text in (
        ("printed", found.printed),
        ("the row follows", found.follows),
        ("not stated there", found.not_stated),
        ("about", found.about),
        ("place", found.place),
        ("compared on", f"{found.confirmed_on}, by {found.confirmed_by}"),
        ("mark of the passage", found.passage),
        ("note", found.note),
    ):
        if text:
            yield Line(label, text, *about)
    for each in inferences(name):
        told = f"{each.label} {each.says} (by {each.by}): {each.because}"
        yield Line("not printed, inferred", told, *about)


def _uses(name: str, about: tuple[Any, ...]) -> Iterator[Line]:
    """Where models take the number, and why."""
    for row in records("selected", fact=name):
        yield Line(f"{row.substance} {row.quantity}", row.why, *about)
    for substance_id, number in sheets_with(name):
        why = f"{number.text}; {number.how}" if number.how else number.text
        yield Line(f"{substance_id}, {number.name}", why, *about)


def _verdict(column: str, old: str, new: str, note: str) -> str:
    change = f"{column} {old} becomes {new}" if new else column
    return "; ".join(filter(None, [change, note]))


def _citation(key: str) -> Line:
    found = reference(key)
    return Line(
        found.key,
        found.citation + (f" ({found.note})" if found.note else ""),
        (found.key,),
        "bibliography",
    )


def _scale(name: str, limit: int | None) -> Iterator[Section]:
    found = records("scales", name=name)
    yield section("Scale", map(lines.scale, found), limit)
    keys = dict.fromkeys(key for row in found for key in row.sources)
    yield section("Sources", map(_citation, keys), None)


def _substance(name: str, limit: int | None) -> Iterable[Section]:
    return substance_sections(name, limit)


def _topic(name: str, limit: int | None) -> Iterator[Section]:
    """A topic of safety over all substances that have a note on it."""
    notes = on_topic(name)
    for told in dict.fromkeys(row.substances for row in notes):
        title = "; ".join(substance(each).name for each in split(told))
        about = (lines.safety_note(row, "note") for row in notes if row.substances == told)
        yield section(title, about, limit)
    keys = dict.fromkeys(key for row in notes for key in row.sources)
    yield section("Sources", map(_citation, keys), None)
    looked = [row for row in records("searches") if _asks(row.question, name)]
    yield section("Searched for", map(lines.searched, looked), None)


def _asks(question: str, topic: str) -> bool:
    return any(f" {word.casefold()}" in f" {question.casefold()}" for word in TOPICS[topic])


_WRITERS: dict[str, Callable[[str, int | None], Iterable[Section]]] = {
    "substance": _substance,
    "product": _product,
    "claim": _claim,
    "study": _study,
    "scale": _scale,
    "topic": _topic,
    "reference": _reference,
    "fact": _fact,
}
