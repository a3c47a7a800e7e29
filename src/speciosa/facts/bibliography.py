"""The references: one BibTeX file, one entry a document, older keys of the same document as aliases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    ParsingFailedBlock,
)

from speciosa.delimited import text_of
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.folders import folders
from speciosa.facts.record import split
from speciosa.facts.tables import DATA


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that facts stand on."""

    key: str
    kind: str
    title: str
    author: str = ""
    year: str = ""
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    nct: str = ""
    url: str = ""
    note: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def citation(self) -> str:
        """The document on one line: authors, year, title, where it appeared, DOI."""
        where = " ".join(part for part in (self.journal, self.volume) if part)
        where += f":{self.pages.replace('--', '-')}" if self.pages and where else ""
        link = f"doi:{self.doi}" if self.doi else self.url
        pmid = f"PMID {self.pmid}" if self.pmid else ""
        names = re.split(r"\s+and\s+(?![^{}]*\})", self.author)
        parts = [", ".join(names).replace(", others", " and others")]
        parts += [f"({self.year})" if self.year else "", self.title, where, link, pmid]
        return _plain(". ".join(part for part in parts if part)).replace(". (", " (")


def references(path: Path = DATA / "references.bib") -> dict[str, Reference]:
    """All references by key, in the order of the file; those of an own folder come last."""
    return _read(path) if path.parent != DATA else _every()


@lru_cache(maxsize=1)
def _every() -> dict[str, Reference]:
    found = [path for folder in folders() if (path := folder / "references.bib").exists()]
    known: dict[str, Reference] = {}
    for path in found:
        known = {**_read(path), **known}
    return known


def reference(key: str) -> Reference:
    """The reference of a key or of an older key of the same document.

    Raises:
        UnknownNameError: no such key, with those that are like it.

    Example:
        >>> reference("mann2022development").key
        'mann2022translational'
    """
    known = references()
    found = known.get(_aliases().get(key, key))
    if found is None:
        raise UnknownNameError("reference", key, known)
    return found


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    return {alias: entry.key for entry in references().values() for alias in entry.aliases}


@lru_cache(maxsize=8)
def _read(path: Path) -> dict[str, Reference]:
    library = parse_string(text_of(path, FactError))
    faults = [_fault(block, path.name) for block in library.failed_blocks]
    known: dict[str, Reference] = {}
    for kind, key, fields in _entries(library):
        if not fields.get("title"):
            faults.append(Fault(f"{path.name}, {key}, title", "a title", "none"))
        kept = {name: text for name, text in fields.items() if name in _KEPT}
        named = split(fields.get("aliases", "").replace(",", ";"))
        known[key] = Reference(key, kind, fields.get("title", ""), aliases=named, **kept)
    if faults:
        raise FactError(faults)
    return known


_KEPT = ("author", "year", "journal", "volume", "pages", "doi", "pmid", "nct", "url", "note")


def parse(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """The entries of a BibTeX text as (kind, key, fields); fields are in braces, quotes or bare.

    Raises:
        FactError: blocks that are no BibTeX, and keys or fields that stand twice.

    Example:
        >>> parse("@misc{a2020b, title={A {B} c}, year=2020}")
        [('misc', 'a2020b', {'title': 'A {B} c', 'year': '2020'})]
    """
    library = parse_string(text)
    if library.failed_blocks:
        raise FactError(_fault(block, "BibTeX") for block in library.failed_blocks)
    return list(_entries(library))


def _entries(library: Library) -> Iterator[tuple[str, str, dict[str, str]]]:
    for entry in library.entries:
        fields = {
            field.key.casefold(): " ".join(str(field.value).split()) for field in entry.fields
        }
        yield entry.entry_type.casefold(), entry.key, fields


def _fault(block: ParsingFailedBlock, name: str) -> Fault:
    where = f"{name}, line {(block.start_line or 0) + 1}"
    if isinstance(block, DuplicateBlockKeyBlock):
        return Fault(f"{name}, {block.key}", "a key that stands once", "a second entry")
    if isinstance(block, DuplicateFieldKeyBlock):
        repeated = ", ".join(sorted(block.duplicate_keys))
        return Fault(where, "every field once", f"{repeated} twice")
    return Fault(where, "an entry of BibTeX", str(block.error))


def _plain(text: str) -> str:
    """BibTeX braces taken out, and accents as letters."""
    if "\\" in text:
        from pylatexenc.latex2text import LatexNodes2Text  # slow to load, and few need it

        text = LatexNodes2Text().latex_to_text(text)
    return text.replace("{", "").replace("}", "")
