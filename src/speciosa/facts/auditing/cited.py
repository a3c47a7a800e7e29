"""Whether a row names the document that its record says was read, and how it was seen."""

import re
from collections.abc import Iterator, Mapping

from speciosa.errors import Fault
from speciosa.facts.bibliography import Reference
from speciosa.facts.confirming import pairs
from speciosa.facts.record import split
from speciosa.facts.registry import Substance
from speciosa.facts.tables import Row

_CITED = re.compile(
    r"\((?P<journal>[A-Z][A-Za-z&. ]+?),? (?:(?P<year>(?:19|20)\d\d);?)?"
    r"(?:(?P<volume>\d+)(?:\([^)]*\))?:(?P<pages>[A-Za-z]?\d+\w*))?[;,) ]"
)
"""An article where a place names it: ``(J Anal Toxicol 2020;44:301; ...)`` or ``(Anesthesiology 86:10)``."""
_PUBMED = re.compile(r"(?:pubmed|PMID)[ :]*(?P<pmid>\d{6,8})", re.IGNORECASE)
_FIELDS = ("year", "volume", "pages", "pmid")
_SMALL = {"of", "and", "the", "in"}
_COMMON = {
    "acid", "agonist", "and", "antagonist", "calcium", "capsules", "class", "clinical", "contraindications", "drug", "enzyme",
    "extended", "for", "hydrochloride", "information", "inhibitor", "inhibitors", "interactions", "label", "labels", "of",
    "oral", "partial", "pharmacology", "prescribing", "product", "release", "sodium", "states", "tablets", "the", "united",
    "warnings", "with",
}  # fmt: skip
"""Words that make no two labels one."""
_ON_A_PAGE = {"abstract", "label", "table"}
_PUBLIC_COPY = re.compile(r"repositor|public file|label or notice of|repo\.napdi")
"""Places in a public repository; the labels and notices of `label_rules.py` are read in one."""
_KEY = re.compile(r"\b[a-z]+(?:19|20)\d\d[a-z]+\b")


def cited_faults(
    record: Row,
    row: Row,
    table: str,
    references: Mapping[str, Reference],
    substances: Mapping[str, Substance],
) -> Iterator[Fault]:
    """Where a reference is another article or label than was read, or a page is called a repository."""
    known = [references[key] for key in split(row.cells.get("reference", "")) if key in references]
    place = record.cells.get("place", "")
    if len(known) == 1 and place.startswith("abstract"):
        yield from _article(record, row, known[0], place)
    if table == "interactions" and known and record.cells.get("confirmed_by") == "label":
        yield from _label(record, row, known, substances)
    yield from _seen(record, row)
    yield from _keys(row, references)


def _seen(record: Row, row: Row) -> Iterator[Fault]:
    """What was read on a page was not read in a public repository."""
    on_a_page = record.cells.get("confirmed_by") in _ON_A_PAGE
    copied = _PUBLIC_COPY.search(record.cells.get("place", ""))
    if row.cells.get("seen") == "repository" and on_a_page and not copied:
        yield Fault(
            row.where("seen"),
            "abstract or fulltext, as its record names a page",
            "'repository'",
        )


def _keys(row: Row, references: Mapping[str, Reference]) -> Iterator[Fault]:
    """A document that a note or a place names by a key is in the bibliography."""
    for column in ("note", "location"):
        for key in _KEY.findall(row.cells.get(column, "")):
            if key not in references and not any(
                key in each.aliases for each in references.values()
            ):
                yield Fault(row.where(column), "keys of references.bib only", key)


def _article(record: Row, row: Row, reference: Reference, place: str) -> Iterator[Fault]:
    told: dict[str, str] = {}
    for pattern in (_CITED, _PUBMED):
        match = pattern.search(place)
        told |= {name: text for name, text in (match.groupdict() if match else {}).items() if text}
    if not told.keys() & set(_FIELDS):
        return
    for name in _FIELDS:
        have = re.split(r"[-\u2013]", getattr(reference, name))[0].strip()
        if name in told and have.casefold() != told[name].casefold():
            yield Fault(
                row.where("reference"),
                f"{reference.key} with {name} {told[name]}, as {record.where('place')} names it",
                repr(have),
            )
    journal = told.get("journal")
    if journal and not _abbreviates(journal, reference.journal):
        yield Fault(
            row.where("reference"),
            f"{reference.key} in {journal}, as {record.where('place')} names it",
            repr(reference.journal),
        )


def _abbreviates(short: str, journal: str) -> bool:
    """Whether each word of a shortened title of a journal begins like a word of the whole one, or is its initials.

    Example:
        >>> _abbreviates("J Anal Toxicol", "Journal of Analytical Toxicology"), _abbreviates("J Pharm", "Xenobiotica")
        (True, False)
        >>> _abbreviates("JPET", "Journal of Pharmacology and Experimental Therapeutics")
        True
    """
    whole, words = _words(journal) - _SMALL, _words(short) - _SMALL
    initials = "".join(each[0] for each in re.findall(r"\w+", journal) if each[0].isupper())
    return short == initials or all(
        any(each.startswith(word[:3]) for each in whole) for word in words
    )


def _label(
    record: Row, row: Row, known: list[Reference], substances: Mapping[str, Substance]
) -> Iterator[Fault]:
    """The label that was read is of a drug, or of the class of a drug, that a reference of the rule names."""
    drug = pairs(record.cells["about"]).get("drug", "")
    told = _words(drug)
    for entry in substances.values():
        if any(_words(name) <= _words(drug) for name in entry.names if len(name) > 3):
            told |= _words(f"{' '.join(entry.names)} {entry.group}")
    for each in known:
        title = _words(f"{each.key} {each.title}") - _COMMON
        one_label = "of the class" not in each.title
        if _shared(told - _COMMON, title) or (one_label and title & _words(record.cells["place"])):
            return
    yield Fault(
        row.where("reference"), f"the label of {drug}, which {record.where()} read",
        row.cells["reference"],
    )  # fmt: skip


def _shared(told: set[str], title: set[str]) -> bool:
    return any(each.startswith(word) for word in told if len(word) > 2 for each in title)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.replace("_", " ").casefold()))
