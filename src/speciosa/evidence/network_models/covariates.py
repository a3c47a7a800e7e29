"""Columns of a table of trials that are neither counts nor effects: covariates and groups, by study or by arm."""

from dataclasses import dataclass

import numpy as np

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.gls import Vector
from speciosa.evidence.table.columns import MISSING, NOTHING
from speciosa.evidence.table.names import folded


@dataclass(frozen=True)
class Covariate:
    """A covariate of a network.

    Attributes:
        name: of the column.
        by_arm: its value in each arm of each study, in the order of the study's treatments.
        varies: whether it differs between arms of a study, as a dose does.
        left_out: studies without a value.
        zero: what is 0 where the column has two words; empty for numbers.
        one: what is 1.
    """

    name: str
    by_arm: dict[str, Vector]
    varies: bool
    left_out: tuple[str, ...]
    zero: str = ""
    one: str = ""


def covariate(network: Network, column: str) -> Covariate:
    """A column as a covariate: numbers, or two words (the first by name counts 0, the other 1).

    Raises:
        EvidenceError: no such column, more than two words, or no study with a value.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> rows = {"study": ["A", "A"], "treatment": ["x", "p"], "events": [4, 9], "n": [20, 20], "year": [1999, 1999]}
        >>> covariate(read_network(rows), "year").by_arm["A"].tolist()
        [1999.0, 1999.0]
    """
    name = _column(network, column)
    cells: dict[tuple[str, str], str] = {}
    told = [
        "" if cell is None else " ".join(str(cell).split())
        for cell in network.cells[name].to_list()
    ]
    worded = any(_number(text) is None for text in told if text.casefold() not in MISSING)
    for row, text in zip(network.cells.to_dicts(), told, strict=True):
        if text.casefold() not in (NOTHING if worded else MISSING):
            of_study = str(row["study"])
            cells[of_study, str(row.get("treatment", ""))] = text
            cells.setdefault((of_study, ""), text)
    words = sorted({text for text in cells.values() if _number(text) is None})
    levels = {word: float(place) for place, word in enumerate(words)}
    if words and (len(words) != 2 or any(_number(text) is not None for text in cells.values())):
        found = ", ".join(words[:4]) + (", ..." if len(words) > 4 else "")
        raise EvidenceError(Fault(f"covariate {name!r}", "numbers, or two words", found))
    by_arm, left_out, varies = {}, [], False
    for study in network.studies:
        values = [
            cells.get((study.name, treatment), cells.get((study.name, "")))
            for treatment in study.treatments
        ]
        if any(text is None for text in values):
            left_out.append(study.name)
            continue
        read = [levels[text] if text in levels else float(text) for text in values if text]
        by_arm[study.name] = np.array(read)
        varies = varies or len(set(read)) > 1
    if not by_arm:
        raise EvidenceError(Fault(f"covariate {name!r}", "a value for some study", "none"))
    zero, one = words or ("", "")
    return Covariate(name, by_arm, varies, tuple(left_out), zero, one)


def groups(network: Network, column: str) -> tuple[tuple[str, ...], np.ndarray]:
    """A column as groups of studies: their names, and the group of each study of the network.

    Raises:
        EvidenceError: no such column, a study without a value or with two.
    """
    name = _column(network, column)
    found: dict[str, set[str]] = {}
    for row in network.cells.to_dicts():
        text = "" if row[name] is None else " ".join(str(row[name]).split())
        found.setdefault(str(row["study"]), set()).add(text)
    faults = [
        Fault(f"study {study.name!r}, {name}", "one value", ", ".join(sorted(values)) or "nothing")
        for study in network.studies
        if len(values := found.get(study.name, set())) != 1 or "" in values
    ]
    if faults:
        raise EvidenceError(faults)
    of_study = [next(iter(found[study.name])) for study in network.studies]
    names = tuple(dict.fromkeys(of_study))
    return names, np.array([names.index(value) for value in of_study])


def _column(network: Network, column: str) -> str:
    known = {folded(name): name for name in network.cells.columns}
    if folded(column) not in known:
        close = nearest(column, network.cells.columns, 1)
        fix = f"Did you mean {close[0]}?" if close else ""
        raise EvidenceError(Fault(f"column {column!r}", "a column of the table", "none", fix))
    return known[folded(column)]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
