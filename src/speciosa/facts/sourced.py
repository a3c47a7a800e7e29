"""Numbers of nested files, such as model sheets and products, each with the source that stands beside it.

A number may rest on fact rows (`rows`), on a document (`reference` with `seen`) or on a reason (`guess`); the nearest
table that names one of them counts. The spread between patients, `omega`, has sources of its own.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from speciosa.facts.tables import DATA, sheet_files

_SOURCES = ("rows", "fact", "facts", "reference", "guess")
_LABELS = ("route", "form", "enzyme", "receptor", "name", "metabolite", "substance")
_SKIPPED = ("omega", "cv", "fixed")


@dataclass(frozen=True, slots=True)
class SourcedNumber:
    """A number with the place in its file and what it rests on; `fixed` is true of constants."""

    name: str
    text: str
    rows: tuple[str, ...] = ()
    reference: str = ""
    seen: str = ""
    guess: str = ""
    how: str = ""
    fixed: bool = False


def sheet_entry(name: str, root: Path = DATA) -> Mapping[str, Any]:
    """The model sheet of a substance as written; empty where it has none."""
    found = sheet_files(root).get(name)
    return {} if found is None else _read(found)


def sheets_with(fact: str, root: Path = DATA) -> Iterator[tuple[str, SourcedNumber]]:
    """Every number of a model sheet that rests on a fact, with the substance of the sheet.

    Example:
        >>> [(name, number.name) for name, number in sheets_with("kratom-0037")]
        [('mitragynine', 'disposition fu')]
    """
    for path in sheet_files(root).values():
        if fact in path.read_text(encoding="utf-8"):
            for number in numbers(_read(path)):
                if fact in number.rows:
                    yield path.stem, number


@lru_cache(maxsize=128)
def _read(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def numbers(
    entry: Mapping[str, Any], prefix: str = "", between: str = "patients"
) -> Iterator[SourcedNumber]:
    """Every number of a nested table with what it rests on; `between` says what an omega is the spread of.

    Example:
        >>> found = list(numbers({"CL": {"value": 47, "unit": "L/h", "rows": ["kratom-0001"], "omega": 0.4,
        ...                              "omega_guess": "as others"}}))
        >>> [(each.name, each.text, each.rows, each.guess) for each in found]
        [('CL', '47 L/h', ('kratom-0001',), ''), ('CL, between patients', 'omega 0.4', (), 'as others')]
    """
    yield from _walk(entry, prefix, {}, between)


def _walk(
    entry: Mapping[str, Any], prefix: str, above: Mapping[str, Any], between: str
) -> Iterator[SourcedNumber]:
    own = {key: entry[key] for key in (*_SOURCES, "seen", "how") if not _numeric(entry.get(key, 0))}
    source = own if any(key in own for key in _SOURCES) else {**above, **own}
    plain = {key: value for key, value in entry.items() if _numeric(value) and key not in _SKIPPED}
    if plain:
        yield _number(prefix, _text(plain, entry), source, bool(entry.get("fixed")))
    if entry.get("omega"):
        spread = {"rows": entry.get("omega_rows", ()), "guess": entry.get("omega_guess", "")}
        yield _number(f"{prefix}, between {between}", f"omega {entry['omega']:g}", spread, False)
    for key, value in entry.items():
        parts = value if isinstance(value, list) else [value]
        for number, part in enumerate(parts, start=1):
            if isinstance(part, Mapping):
                label = " ".join(
                    str(part[each]) for each in _LABELS if isinstance(part.get(each), str)
                )
                label = label or (str(number) if len(parts) > 1 else "")
                yield from _walk(
                    part, " ".join(filter(None, [prefix, key, label])), source, between
                )


def _number(name: str, text: str, source: Mapping[str, Any], fixed: bool) -> SourcedNumber:
    single = source.get("fact", "")
    rows = source.get("rows") or source.get("facts") or ([single] if single else [])
    return SourcedNumber(
        name=name,
        text=text,
        rows=(rows,) if isinstance(rows, str) else tuple(rows),
        reference=str(source.get("reference", "")),
        seen=str(source.get("seen", "")),
        guess=str(source.get("guess", "")),
        how=str(source.get("how", "")),
        fixed=fixed,
    )


def _text(plain: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    unit = str(entry.get("unit", ""))
    words = [
        _shown(value) if key == "value" else f"{key} {_shown(value)}"
        for key, value in plain.items()
    ]
    return ", ".join(words) + ("" if unit in {"", "1"} else f" {unit}")


def _numeric(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_numeric, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return " to ".join(map(_shown, value)) if isinstance(value, list) else f"{value:g}"
