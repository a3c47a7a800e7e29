"""The audit of the fact base: every rule that the files must keep, and what became of the facts.

`audit` reads the files as text, so that it can name file, row and column of whatever is wrong; the rules are in
``audit_rows`` (one row by itself), ``audit_whole`` (rows against each other and against other files) and ``splits``
(which observations may calibrate).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from speciosa.errors import FactError, Fault
from speciosa.facts.auditing.confirmed import confirmed_faults
from speciosa.facts.auditing.rows import KEY, Context, row_faults
from speciosa.facts.auditing.sheets import sheet_faults
from speciosa.facts.auditing.whole import whole_faults
from speciosa.facts.bibliography import references
from speciosa.facts.record import Checked
from speciosa.facts.registry import substances
from speciosa.facts.splits import remembered_observations, split_faults
from speciosa.facts.tables import DATA, LEDGERS, TABLES, Row, read_rows, rows, sheet_files

STATES: tuple[str, ...] = get_args(Checked)


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes:
        faults: everything that is wrong, with file, row and column.
        counts: facts of each table by what became of them; `unconfirmed` are those that were taken over as seen.
        unused: references that no fact names.
        observations: what the models are compared with: rows in all, and those whose figure is remembered and was not
            found again.
    """

    faults: tuple[Fault, ...]
    counts: Mapping[str, Mapping[str, int]]
    unused: tuple[str, ...] = ()
    observations: tuple[int, int] = (0, 0)

    @property
    def passed(self) -> bool:
        """Nothing is wrong."""
        return not self.faults

    def __str__(self) -> str:
        head = ("facts", "total", *STATES)
        lines = [
            head,
            *(
                (name, str(sum(c.values())), *(str(c[s]) for s in STATES))
                for name, c in self.counts.items()
            ),
        ]
        totals = [sum(count[state] for count in self.counts.values()) for state in STATES]
        lines.append(("all", str(sum(totals)), *map(str, totals)))
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        table = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        ]
        if self.observations[0]:
            looked_at, remembered = self.observations
            table += [
                "",
                f"Observations that the models are compared with: {looked_at}, of which {remembered} are from memory.",
            ]
        faults = [str(fault) for fault in self.faults]
        verdict = f"{len(faults)} faults." if faults else "The audit passes."
        return "\n".join([*table, "", *faults, verdict])

    def as_dict(self) -> dict[str, Any]:
        """The audit for JSON."""
        return {
            "passed": self.passed,
            "faults": [asdict(fault) for fault in self.faults],
            "counts": {name: dict(count) for name, count in self.counts.items()},
            "unused_references": list(self.unused),
            "observations": dict(zip(("rows", "from_memory"), self.observations, strict=True)),
        }


def audit(root: Path = DATA, today: date | None = None) -> Audit:
    """Audits the fact files below `root`.

    Args:
        root: the folder of fact files.
        today: the day after which nothing can have been observed; None for the day of the audit.

    Example:
        >>> audit().passed
        True
    """
    faults: list[Fault] = []
    tables: dict[str, tuple[Row, ...]] = {}
    for name, source in {**TABLES, **LEDGERS}.items():
        found: list[Row] = []
        for path in source.paths(root):
            try:
                found += read_rows(path)
            except FactError as error:
                faults += error.faults
        tables[name] = tuple(found)
    known_substances, known_references = {}, {}
    try:
        known_substances = substances(root / "substances.toml")
    except FactError as error:
        faults += error.faults
    try:
        known_references = references(root / "references.bib")
    except FactError as error:
        faults += error.faults
    context = Context(root, tables, known_substances, known_references, today or date.today())
    for name in tables:
        faults += row_faults(name, context)
    faults += whole_faults(context)
    faults += split_faults(root, known_references)
    faults += confirmed_faults(context)
    for path in sheet_files(root).values():
        faults += sheet_faults(path)
    if not known_references:
        # One fault of references.bib is not one of every row that names a reference.
        faults = [fault for fault in faults if fault.expected != KEY]
    return Audit(tuple(faults), _counts(root), _unused(context), remembered_observations(root))


def _counts(root: Path) -> dict[str, dict[str, int]]:
    """Facts of each table by what became of them; none where a file cannot be read at all."""
    counts = {}
    for name in TABLES:
        try:
            states = [row.cells["checked"] for row in rows(name, root=root)]
        except FactError:
            states = []
        counts[name] = {state: states.count(state) for state in STATES}
    return counts


def _unused(context: Context) -> tuple[str, ...]:
    cells = [row.cells for found in context.tables.values() for row in found]
    named = ";".join(each.get("reference", "") + ";" + each.get("references", "") for each in cells)
    used = {key.strip() for key in named.split(";")}
    return tuple(key for key in context.references if key not in used)
