"""Extracted data as Covidence exports them: one row an arm, and a column for every figure of every outcome.

Its first kind of extraction has ``Study Identifier, Intervention, ...`` and columns such as ``Pain 12 weeks Mean``, whose
last words say the figure and whose first ones the outcome; a measure that was set up anew for some studies recurs under
one name, filled in for those. Its second has ``Covidence #, Study ID, ..., Reviewer Name, ...``, one row a reviewer and one
of their consensus.
"""

import re
from collections.abc import Iterable

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded, meaning
from speciosa.evidence.table.recurring import ARMS, NUMBER, is_covidence

_AGAIN = re.compile(r" \(column \d+\)$")
# What of one outcome can be pooled, and what may stand for a standard deviation.
_COUNTS = ("events", "n")
_MEANS = ("mean", "sd", "n")
_ERRORS = ("mean", "se", "n")

Cells = dict[str, list[str]]


def from_covidence(
    table: pl.DataFrame, chosen: Iterable[str] = ()
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The arms of an export, one row an arm and outcome, with a column ``outcome``; any other table comes back as it is.

    Args:
        table: as exported.
        chosen: columns by which rows are chosen afterwards; a reviewer may be among them in place of the consensus.

    Raises:
        EvidenceError: two figures for one cell, reviewers without a consensus, or no outcome with its figures.
    """
    if not is_covidence(table.columns):
        return table, ()
    cells = _merged(table)
    known = {folded(name): name for name in cells}
    notes = ["Read as an export of Covidence."]
    if "reviewer_name" in known and "reviewer_name" not in map(folded, chosen):
        cells, told = _agreed(cells, known)
        notes += told
    if not known.keys() >= {*ARMS}:
        return _frame(cells), tuple(notes)
    arms, left_out = _arms(cells, known)
    if left_out:
        notes.append(f"Left out, no complete figures of any outcome: {', '.join(left_out)}.")
    return _frame(arms), tuple(notes)


def one_outcome(table: pl.DataFrame) -> pl.DataFrame:
    """The table without its column of outcomes, of which there must be one.

    Raises:
        EvidenceError: several outcomes, which must not be pooled together.
    """
    outcomes = list(dict.fromkeys(table["outcome"].to_list()))
    if len(outcomes) > 1:
        fix = f"Choose one: --rows 'outcome={outcomes[0]}'."
        raise EvidenceError(Fault("data of Covidence", "one outcome", ", ".join(outcomes), fix))
    return table.drop("outcome")


def _merged(table: pl.DataFrame) -> Cells:
    """One column a name, in any case: what is filled in where it recurs."""
    places: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for name in table.columns:
        plain = _AGAIN.sub("", name)
        places.setdefault(first.setdefault(folded(plain), plain), []).append(name)
    found, faults = {}, []
    text = {name: [_text(cell) for cell in table[name].to_list()] for name in table.columns}
    for name, own in places.items():
        column = []
        for row in range(len(table)):
            filled = list(dict.fromkeys(text[one][row] for one in own if text[one][row]))
            # Free text, as a title and its translation, may differ; figures may not.
            if len(filled) > 1 and all(_number(cell) for cell in filled):
                found_there = " and ".join(filled)
                faults.append(Fault(f"row {row + 1}, {name}", "one figure", found_there))
            column.append(filled[0] if filled else "")
        found[name] = column
    if faults:
        raise EvidenceError(faults)
    return found


def _agreed(cells: Cells, known: dict[str, str]) -> tuple[Cells, list[str]]:
    """One row a study where several people extracted it: their consensus."""
    study = next((known[n] for n in ("study_id", "study_identifier", NUMBER) if n in known), "")
    people = cells[known["reviewer_name"]]
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(cells[study]):
        rows.setdefault(name, []).append(row)
    keep, faults, settled = [], [], False
    for name, own in rows.items():
        agreed = [row for row in own if people[row].casefold().startswith("consensus")]
        settled |= 0 < len(agreed) < len(own)
        if not agreed and len({people[row] for row in own}) > 1:
            found = " and ".join(dict.fromkeys(people[row] for row in own))
            fix = f"Choose one: --rows 'Reviewer Name={people[own[0]]}'."
            faults.append(Fault(f"study {name!r}, Reviewer Name", "a consensus", found, fix))
        keep += agreed or own
    if faults:
        raise EvidenceError(faults)
    notes = ["Where several people extracted a study, their consensus is read."] if settled else []
    return {name: [column[row] for row in keep] for name, column in cells.items()}, notes


def _arms(cells: Cells, known: dict[str, str]) -> tuple[Cells, list[str]]:
    """Arms by outcome with their figures, and the studies of which none is complete."""
    study, arm = (cells[known[name]] for name in ARMS)
    by_outcome: dict[str, dict[str, list[str]]] = {}
    for name, column in cells.items():
        label, role = _figure(name)
        if role:
            by_outcome.setdefault(label, {}).setdefault(role, column)
    forms = [(label, columns, _form(columns)) for label, columns in by_outcome.items()]
    complete = [(label, columns, form) for label, columns, form in forms if form]
    if not complete:
        expected = "columns such as Pain 12 weeks Mean, SD, N or Relapse Events, N"
        raise EvidenceError(Fault("data of Covidence", expected, "none that are complete"))
    figures = list(dict.fromkeys(role for _, _, form in complete for role in form))
    others = [
        n for n in cells if not _figure(n)[1] and not meaning(n).role and folded(n) not in ARMS
    ]
    found: Cells = {name: [] for name in ("study", "treatment", "outcome", *figures, *others)}
    for label, columns, form in complete:
        for row in range(len(study)):
            values = {role: columns[role][row] for role in form}
            if not all(values.values()):
                continue
            own = {"study": study[row], "treatment": arm[row], "outcome": label} | values
            own |= {name: cells[name][row] for name in others}
            for name, column in found.items():
                column.append(own.get(name, ""))
    if not found["study"]:
        raise EvidenceError(Fault("data of Covidence", "an arm with all its figures", "none"))
    absent = [name for name in dict.fromkeys(study) if name not in found["study"]]
    return found, absent


def _figure(name: str) -> tuple[str, str]:
    """The outcome of a column and what figure of it stands there; nothing where its last words say no figure.

    Example:
        >>> _figure("Pain 12 weeks Mean"), _figure("Country")
        (('Pain 12 weeks', 'mean'), ('', ''))
    """
    words = name.replace(",", " ").split()
    for cut in range(1, len(words)):
        role = meaning(" ".join(words[cut:])).role
        if role in ("events", "n", "mean", "sd", "mean_se"):
            return " ".join(words[:cut]), "se" if role == "mean_se" else role
    return "", ""


def _form(columns: dict[str, list[str]]) -> tuple[str, ...]:
    """The figures of an outcome that can be pooled; none where they are not complete."""
    return next((form for form in (_COUNTS, _MEANS, _ERRORS) if columns.keys() >= {*form}), ())


def _frame(cells: Cells) -> pl.DataFrame:
    return pl.DataFrame(
        {n: pl.Series(n, [c or None for c in x], pl.String) for n, x in cells.items()}
    )


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return "" if text.casefold() in MISSING else text


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
