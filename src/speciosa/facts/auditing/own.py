"""A folder of the user's own facts: checked as a whole before it is taken, every fault with its file and line."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from speciosa.errors import FactError, Fault
from speciosa.facts.auditing.confirmed import confirmed_faults
from speciosa.facts.auditing.products import product_faults
from speciosa.facts.auditing.rows import Context, row_faults
from speciosa.facts.auditing.sheets import sheet_faults
from speciosa.facts.auditing.whole import whole_faults
from speciosa.facts.bibliography import references
from speciosa.facts.folders import own_folder, set_own_folder
from speciosa.facts.registry import substances
from speciosa.facts.sheets.sheet import names
from speciosa.facts.tables import DATA, LEDGERS, TABLES, Row, read_rows, sheet_files

_TABLES = {**TABLES, **LEDGERS}
MOST_ENTRIES = 2000
_NESTED = (
    "sheets/**/*.toml", "substances.toml", "interactions/substances*.toml", "products*.toml", "references.bib"
)  # fmt: skip


def use_folder(folder: Path | str | None) -> None:
    """Reads facts from a folder of one's own on top of the built-in ones, from now on and in every part.

    Args:
        folder: a folder with files as those of ``speciosa/facts/data``, as many as are needed; None lets go of it.

    Raises:
        FactError: every fault of the folder, with file and line; then nothing of it is used, and what was in use stays.
    """
    before = own_folder()
    if folder is not None:
        if before is not None:
            set_own_folder(
                None
            )  # a folder is judged beside the built-in facts alone, not beside itself
        faults = own_faults(Path(folder))
        if faults:
            if before is not None:
                set_own_folder(before)
            raise FactError(faults)
    set_own_folder(None if folder is None else Path(folder))


def own_faults(folder: Path) -> list[Fault]:
    """Everything wrong with a fact folder, read on top of the built-in facts."""
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing of that name"
        return [Fault(str(folder), "a folder of fact files", found)]
    if _entries(folder) > MOST_ENTRIES:
        expected = f"a folder of fact files, at most {MOST_ENTRIES} files and folders"
        return [Fault(str(folder), expected, "more")]
    faults = list(_strangers(folder))
    own: dict[str, tuple[Row, ...]] = {}
    for name, source in _TABLES.items():
        found_rows: list[Row] = []
        for path in sorted({path for each in source.patterns for path in folder.glob(each)}):
            try:
                found_rows += read_rows(path, lines=True)
            except FactError as error:
                faults += error.faults
        own[name] = tuple(found_rows)
    context = _context(folder, own, faults)
    known = {*context.substances, *names(), *sheet_files(folder)}
    for path in sorted(folder.glob("products*.toml")):
        faults += product_faults(path, known)
    for name in own:
        faults += row_faults(name, replace(context, tables={**context.tables, name: own[name]}))
    built_in = {name: tuple(_built_in(name)) for name in own}
    joined = replace(context, tables={name: built_in[name] + own[name] for name in own})
    faults += [each for each in whole_faults(joined) if _is_own(each, folder)]
    records = replace(joined, tables={**joined.tables, "confirmations": own["confirmations"]})
    faults += [each for each in confirmed_faults(records) if _is_own(each, folder)]
    for path in sheet_files(folder).values():
        faults += sheet_faults(path)
    return list(dict.fromkeys(faults))


def _entries(folder: Path) -> int:
    """How many files and folders lie below; counting ends where there are too many to be facts."""
    count = 0
    for _, inner, files in os.walk(folder):
        count += len(inner) + len(files)
        if count > MOST_ENTRIES:
            break
    return count


def _strangers(folder: Path) -> Iterator[Fault]:
    """Files that nothing reads, most often a misspelled name."""
    patterns = [*(each for table in _TABLES.values() for each in table.patterns), *_NESTED]
    read = {path for pattern in patterns for path in folder.glob(pattern)}
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".csv", ".toml", ".bib"} and path not in read:
            name = str(path.relative_to(folder))
            near = get_close_matches(
                name.split("/")[0], {each.split("/")[0] for each in patterns}, 1
            )
            fix = f"Did you mean {near[0]}?" if near else ""
            yield Fault(
                name, f"a file among {', '.join(sorted(set(patterns)))}", "another name", fix
            )


def _context(folder: Path, own: Mapping[str, tuple[Row, ...]], faults: list[Fault]) -> Context:
    """What rows may name: the built-in substances and references, and those of the folder."""
    known_substances, known_references = dict(substances()), dict(references())
    try:
        new = substances(folder / "substances.toml")
        faults += [_twice("substances.toml", each) for each in new if each in known_substances]
        known_substances = {**new, **known_substances}
    except FactError as error:
        faults += error.faults
    if (folder / "references.bib").exists():
        try:
            found = references(folder / "references.bib")
            faults += [_twice("references.bib", each) for each in found if each in known_references]
            known_references = {**found, **known_references}
        except FactError as error:
            faults += error.faults
    empty: dict[str, tuple[Row, ...]] = dict.fromkeys(own, ())
    return Context(folder, empty, known_substances, known_references, date.today())


def _twice(file: str, name: str) -> Fault:
    return Fault(f"{file}, {name}", "a name that the built-in facts do not have", repr(name))


def _built_in(name: str) -> Iterator[Row]:
    for path in sorted({path for each in _TABLES[name].patterns for path in DATA.glob(each)}):
        yield from read_rows(path)


def _is_own(fault: Fault, folder: Path) -> bool:
    """Whether a fault stands in a file of the folder: those of rows have their line, the others the file's name."""
    file = fault.where.split(",")[0]
    nested = {path.name for pattern in _NESTED for path in folder.glob(pattern)}
    own_rows = "line " in fault.where
    return own_rows or (file in nested and not (DATA / file).exists())
