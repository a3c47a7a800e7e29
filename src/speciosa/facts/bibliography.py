"""The references: one BibTeX file, one entry a document, older keys of the same document as aliases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.record import split
from speciosa.facts.tables import DATA

_ENTRY = re.compile(r"^@(\w+)\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)
_FIELD = re.compile(r"\s*(\w+)\s*=\s*")
_ACCENT = re.compile(r"\\[`'^\"~=.cHv]\{?([A-Za-z])\}?|\\(?=[ol])")


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
        parts = [self.author.replace(" and ", ", ").replace(", others", " and others")]
        parts += [f"({self.year})" if self.year else "", self.title, where, link, pmid]
        return _plain(". ".join(part for part in parts if part)).replace(". (", " (")


def references(path: Path = DATA / "references.bib") -> dict[str, Reference]:
    """All references by key, in the order of the file."""
    return _read(path)


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
    known: dict[str, Reference] = {}
    faults = []
    for kind, key, fields in parse(path.read_text(encoding="utf-8")):
        if key in known:
            faults.append(Fault(f"{path.name}, {key}", "a key that stands once", "a second entry"))
        if not fields.get("title"):
            faults.append(Fault(f"{path.name}, {key}, title", "a title", "none"))
        kept = {name: text for name, text in fields.items() if name in _KEPT}
        named = split(fields.get("aliases", "").replace(",", ";"))
        known[key] = Reference(key, kind, fields.get("title", ""), aliases=named, **kept)
    if faults:
        raise FactError(faults)
    return known


_KEPT = ("author", "year", "journal", "volume", "pages", "doi", "pmid", "nct", "url", "note")


def parse(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The entries of a BibTeX text as (kind, key, fields); fields are in braces, quotes or bare.

    Example:
        >>> list(parse("@misc{a2020b, title={A {B} c}, year=2020}"))
        [('misc', 'a2020b', {'title': 'A {B} c', 'year': '2020'})]
    """
    for entry in _ENTRY.finditer(text):
        at, fields = entry.end(), {}
        while (field := _FIELD.match(text, at)) is not None:
            value, at = _value(text, field.end())
            fields[field[1].lower()] = " ".join(value.split())
            comma = text.find(",", at, at + 8)
            at = comma + 1 if comma >= 0 and not text[at:comma].strip() else at
        yield entry[1].lower(), entry[2], fields


def _value(text: str, start: int) -> tuple[str, int]:
    if text[start] == '"':
        end = text.index('"', start + 1)
        return text[start + 1 : end], end + 1
    if text[start] != "{":
        bare = re.compile(r"[^,}\n]*").match(text, start)
        return (bare[0].strip(), bare.end()) if bare else ("", start)
    depth, at = 0, start
    for brace in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        at = brace.end()
        if depth == 0:
            break
    return text[start + 1 : at - 1], at


def _plain(text: str) -> str:
    """BibTeX accents and braces to plain letters."""
    return _ACCENT.sub(lambda match: match[1] or "", text).replace("{", "").replace("}", "")
