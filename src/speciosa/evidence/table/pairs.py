"""Tables of one row an arm that hold one comparison: each study's two rows become one, treatment against control."""

import polars as pl

from speciosa.evidence.table.columns import resolve
from speciosa.evidence.table.labels import study_columns
from speciosa.evidence.table.names import control_words, folded, words_of
from speciosa.evidence.table.treatments import ARMS

_FIGURES = ("events", "n", "time", "mean", "sd", "se")
_NAMES = {"sd": "sd", "se": "mean_se"}
# Words that are no name of a treatment by themselves and say, with others of them, that none was given.
_NOTHING = {
    *(
        "usual",
        "care",
        "standard",
        "no",
        "treatment",
        "as",
        "tau",
        "waiting",
        "list",
        "waitlist",
        "wait",
    ),
    *("sham", "dummy", "inactive", "group", "arm", "intervention", "untreated", "none"),
}


def arms_as_pairs(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row a study where every study has two arms, of one treatment and of one control; any other table as it is.

    Example:
        >>> rows = {"study": ["A", "A"], "arm": ["placebo", "x"], "events": [5, 3], "n": [20, 21]}
        >>> arms_as_pairs(pl.DataFrame(rows))[0].to_dicts()
        [{'study': 'A', 'events_t': 3, 'n_t': 21, 'events_c': 5, 'n_c': 20}]
    """
    known = {folded(name): name for name in table.columns}
    arm = next((known[name] for name in ARMS if name in known), None)
    if arm is None:
        return table, ()
    study = next((c for c in study_columns(table) if 2 * table[c].n_unique() == len(table)), None)
    figures = {name: column for name in _FIGURES if (column := resolve(table, name)) is not None}
    paired = any(resolve(table, f"{name}_t") for name in ("events", "mean", "n"))
    if study is None or paired or not {"n", "time", "se"} & figures.keys():
        return table, ()
    names = [" ".join(str(cell or "").split()) for cell in table[arm].to_list()]
    control = _control(names)
    rows: dict[object, dict[bool, int]] = {}
    for row, (label, name) in enumerate(zip(table[study].to_list(), names, strict=True)):
        rows.setdefault(label, {})[name == control] = row
    if not control or any(len(own) != 2 for own in rows.values()) or 2 * len(rows) != len(table):
        return table, ()
    treated, others = ([own[side] for own in rows.values()] for side in (False, True))
    columns = [
        column.gather(treated)
        for column in table.get_columns()
        if column.name not in (arm, *figures.values())
        and column.gather(treated).to_list() == column.gather(others).to_list()
    ]
    for group, places in (("t", treated), ("c", others)):
        columns += [
            table[own].gather(places).alias(f"{_NAMES.get(name, name)}_{group}")
            for name, own in figures.items()
        ]
    (treatment,) = {name for name in names if name != control}
    return pl.DataFrame(columns), (f"Effects are of {treatment} against {control}.",)


def _control(names: list[str]) -> str:
    """The one of two names that says a control; nothing where there are not two, or both or neither do."""
    known = list(dict.fromkeys(names))
    found = [name for name in known if _says_control(name)]
    return found[0] if len(known) == 2 and len(found) == 1 else ""


def _says_control(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & control_words()) or bool(words) and words <= _NOTHING
