"""Whether a record of confirmation speaks about what its row is labelled as: drug, species, people, route, form, dose."""

import re
from collections.abc import Iterable, Iterator, Mapping

from speciosa.errors import Fault, InputError
from speciosa.facts.confirming import pairs
from speciosa.facts.record import split
from speciosa.facts.registry import Substance, fold
from speciosa.facts.tables import Row
from speciosa.units import factor

_ROUTES = {
    "oral": r"oral(?:ly)?|by mouth|swallowed|\bpo\b",
    "iv": r"\biv\b|intravenous(?:ly)?|infusion",
    "im": r"\bim\b|intramuscular(?:ly)?",
    "sc": r"\bsc\b|subcutaneous(?:ly)?",
    "intranasal": r"intranasal(?:ly)?|nasal|\bin \d|\+in\b",
    "sublingual": r"sublingual(?:ly)?|\bsl\b",
    "buccal": r"buccal",
    "transmucosal": r"transmucosal",
    "transdermal": r"transdermal|patch(?! clamp)",
    "depot": r"depot|implant",
    "rectal": r"rectal",
}
_FORMS = {
    "er": r"\ber\b|\bsr\b|\bcr\b|\bxr\b|(?:extended|sustained|controlled|prolonged|slow)[ -]release",
    "biphasic": r"biphasic",
    "ir": r"\bir\b|immediate[ -]release",
    "drops": r"\bdrops?\b",
    "solution": r"solution|syrup",
    "tablet": r"tablets?\b",
    "capsule": r"capsules?\b",
    "film": r"films?\b",
    "patch": r"patch(?:es)?\b(?! clamp)",
    "spray": r"sprays?\b",
    "tea": r"\btea\b|decoction",
    "depot": r"depot",
    "lozenge": r"lozenges?\b",
}
_PEOPLE = ("healthy", "naive", "tolerant", "adolescent", "veteran", "surgery", "rats", "mice")
"""What a row may say of its people or animals only if the passage says so; the records have no other words for it."""
_DOSED = ("intervention", "comparator", "arm_label")
_COUNTED = {
    "risks": ("population", "exposure"),
    "studies": ("population", "intervention", "comparator"),
    "observations": ("population",),
}
"""By table the columns whose figures stand in the record: how many, of what age, how much and for how long."""
_FIGURE = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d+(?:\.\d+)?(?!\w)")
_AS_POOLED = "per review"
_MEMORY = re.compile(r"recalled|from memory|by recall")
_LABELS = ("system", "assay", "formulation", "regimen", "intervention", "exposure", "arm_label")
_HUMAN = {"human", "humans", "people"}
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_MASS = re.compile(r"((?:\d[\d.]*)(?:\s*(?:-|to|,|and|/)\s*\d[\d.]*)*)\s*(?:mg|g|ug)\b")
_UNIT = re.compile(r"(?:\d[\d.]*\s*(?:/|-|to|,|;|and)?\s*)+\s*([a-zA-Zµ]+(?:/[a-zA-Z]+)*)")


def label_faults(
    record: Row, row: Row, table: str, substances: Mapping[str, Substance]
) -> Iterator[Fault]:
    """Where `about` leaves out or contradicts a label of the row."""
    about = pairs(record.cells.get("about", ""))
    yield from _drug(record, row, about, substances)
    yield from _species(record, row, about)
    people = row.cells.get("population", "")
    if (people or table in {"studies", "trial-arms", "risks"}) and not about.get("population"):
        yield Fault(record.where("about"), "the population of the passage", "none")
    yield from _people(record, people, about)
    yield from _words(record, row, about, "route", _ROUTES)
    yield from _words(record, row, about, "form", _FORMS)
    yield from _dose(record, row, about)
    yield from _doses_of_arms(record, row)
    yield from _figures_of_labels(record, row, _COUNTED.get(table, ()))
    yield from _times(record, row, about)
    yield from _memory(record, row)
    if (row.cells.get("seen"), record.cells.get("confirmed_by")) == ("fulltext", "abstract"):
        yield Fault(row.where("seen"), "abstract, as its record says", "'fulltext'")


def _people(record: Row, people: str, about: Mapping[str, str]) -> Iterator[Fault]:
    told = about.get("population", "").casefold()
    for word in _PEOPLE:
        if word in people.casefold() and word not in told:
            yield Fault(record.where("about"), f"people who are {word}, as of the row", repr(told))


def _doses_of_arms(record: Row, row: Row) -> Iterator[Fault]:
    """A dose in the name of a treatment stands in its record."""
    told = _figures(record)
    for column in _DOSED:
        doses = {
            each
            for amounts in _MASS.findall(row.cells.get(column, ""))
            for each in _AMOUNT.findall(amounts)
        }
        if doses - told:
            yield Fault(
                record.where("about"),
                f"dose {', '.join(sorted(doses - told))} in {column} of the row",
                "not told",
            )


def _figures_of_labels(record: Row, row: Row, columns: Iterable[str]) -> Iterator[Fault]:
    """A figure in what a row says of its people and what they took stands in its record."""
    told = {float(each) for each in _figures(record)}
    for column in columns:
        own = _FIGURE.findall(row.cells.get(column, ""))
        untold = [each for each in own if float(each) not in told]
        if untold:
            yield Fault(
                record.where("about"), f"{', '.join(untold)} in {column} of the row", "not told"
            )


def _times(record: Row, row: Row, about: Mapping[str, str]) -> Iterator[Fault]:
    """When an outcome was seen stands in the record."""
    time = row.cells.get("timepoint", "")
    if time and time != _AS_POOLED and not about.get("time"):
        yield Fault(record.where("about"), f"the time {time} of the row", "none")
    untold = set(_AMOUNT.findall(time)) - _figures(record)
    if untold:
        found = f"{', '.join(sorted(untold))} not told"
        yield Fault(record.where("about"), f"the time {time} of the row", found)


def _figures(record: Row) -> set[str]:
    return set(
        _AMOUNT.findall(f"{record.cells.get('about', '')} {record.cells.get('printed', '')}")
    )


def _memory(record: Row, row: Row) -> Iterator[Fault]:
    """A row whose source was read says of nothing that it is remembered, unless its record says of what."""
    found = _MEMORY.search(f"{row.cells.get('note', '')} {row.cells.get('location', '')}")
    if found and not record.cells.get("not_stated"):
        yield Fault(row.where("note"), "what was read, or its column in not_stated", found[0])


def _drug(
    record: Row, row: Row, about: Mapping[str, str], substances: Mapping[str, Substance]
) -> Iterator[Fault]:
    """The drug of the row, and all of several unless the record tells of more, such as a class."""
    cell = row.cells.get("substance") or row.cells.get("substances", "")
    wanted = {each for each in split(cell.replace(" + ", ";")) if each in substances}
    if not wanted:
        return
    names = {fold(name): entry.id for entry in substances.values() for name in entry.names}
    told = {names.get(fold(each)) for each in about.get("drug", "").split(",")}
    untold = wanted if None not in told and len(wanted) > 1 else set[str]()
    if not (wanted | set(row.cells.get("analyte", "").split("/"))) & told or untold - told:
        found = repr(about.get("drug", "nothing"))
        yield Fault(record.where("about"), f"drug {', '.join(sorted(wanted))} of the row", found)


def _species(record: Row, row: Row, about: Mapping[str, str]) -> Iterator[Fault]:
    wanted, told = row.cells.get("species", ""), about.get("species", "")
    if wanted and not told:
        yield Fault(record.where("about"), f"species {wanted} of the row", "none")
    elif wanted and fold(wanted) != fold(told) and not {wanted, told} <= _HUMAN:
        yield Fault(record.where("about"), f"species {wanted} of the row", repr(told))


def _words(
    record: Row, row: Row, about: Mapping[str, str], key: str, known: Mapping[str, str]
) -> Iterator[Fault]:
    """A route or form of the row is told, and what is told is not another than that of the row."""
    own = row.cells.get("route", "") if key == "route" else row.cells.get("formulation", "")
    text = own or " ".join(row.cells.get(label, "") for label in _LABELS)
    labels = {own} & set(known) or _named(text, known)
    told = _named(about.get(key, ""), known) | ({about.get(key, "")} & set(known))
    if own and not told:
        yield Fault(
            record.where("about"), f"{key} {own} of the row", repr(about.get(key, "nothing"))
        )
    elif labels and told and not labels & told:
        yield Fault(
            record.where("about"), f"{key} {' or '.join(sorted(labels))} of the row", about[key]
        )
    elif labels and not told and key not in about:
        yield Fault(
            record.where("about"), f"{key} {' or '.join(sorted(labels))} of the row", "none"
        )


def _named(text: str, known: Mapping[str, str]) -> set[str]:
    return {name for name, words in known.items() if re.search(words, text, re.IGNORECASE)}


def _dose(record: Row, row: Row, about: Mapping[str, str]) -> Iterator[Fault]:
    own, unit = row.cells.get("dose", ""), row.cells.get("dose_unit", "")
    amounts = {float(each) for each in _AMOUNT.findall(own.split("(")[0])}
    if not amounts:
        return
    told = about.get("dose", "")
    found = {float(each) for each in _AMOUNT.findall(told.split("(")[0])}
    match = _UNIT.search(told)
    scale = 1.0
    if match and unit:
        try:
            scale = factor(match[1], unit)
        except InputError:
            pass
    if {round(each * scale, 9) for each in found} != {round(each, 9) for each in amounts}:
        yield Fault(
            record.where("about"),
            f"dose {own} {unit} of the row, and no other",
            repr(told or "none"),
        )
