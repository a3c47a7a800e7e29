"""The columns in which a table states effects: an effect with its standard error, its variance or its interval."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from speciosa.errors import Fault
from speciosa.evidence.effects.measures import Floats, measure
from speciosa.evidence.table.columns import numbers
from speciosa.evidence.table.names import SYNONYMS, Meaning, folded, meaning
from speciosa.evidence.table.scale import Analysed, Stated, analysed

# Where an effect is stated without what its weight comes from.
NO_SPREAD = "column 'se'"
_ROLES = ("effect", "se", "variance", "ci_low", "ci_high")
# What a variance may be off the square of its standard error, beside rounding.
_SQUARE = 0.1
# What a table calls a log ratio of means is in some fields a log response ratio.
_ALIKE = {frozenset(("RR", "ROM")), frozenset(("OR", "PETO"))}


@dataclass(frozen=True, slots=True)
class StatedColumns:
    """Names of the columns by role, and what they say of measure and scale."""

    names: dict[str, str]
    meanings: dict[str, Meaning]

    @property
    def complete(self) -> bool:
        """Whether there is an effect with a standard error, a variance or an interval."""
        has = self.names.keys()
        return "effect" in has and bool({"se", "variance"} & has or {"ci_low", "ci_high"} <= has)


def figured(table: pl.DataFrame) -> list[str]:
    """All columns but those of one letter that hold words alone: a column ``g`` of words is a group, not Hedges' g.

    Example:
        >>> figured(pl.DataFrame({"yi": ["0.2", None], "g": ["men", "women"]}))
        ['yi']
    """
    found = []
    for column in table.get_columns():
        cells = [str(cell) for cell in column.to_list() if cell is not None]
        some = not cells or any(any(sign.isdigit() for sign in cell) for cell in cells)
        if some or len(column.name.strip()) > 1:
            found.append(column.name)
    return found


def stated_measure(columns: Sequence[str]) -> str:
    """The one measure that columns of effects name; empty where they name none or several.

    Example:
        >>> stated_measure(["study", "HR", "lower", "upper"]), stated_measure(["study", "effect", "se"])
        ('HR', '')
    """
    told = [meaning(name) for name in columns]
    found = {one.measure for one in told if one.role == "effect" and one.measure}
    return next(iter(found)) if len(found) == 1 else ""


def stated_columns(columns: Sequence[str], code: str) -> StatedColumns:
    """The columns of stated effects for a measure.

    A column that names the measure goes before one of ours, that before one that names no measure; columns of another
    measure are never taken.

    Example:
        >>> stated_columns(["study", "OR", "RR", "RR lower", "RR upper"], "RR").names
        {'effect': 'RR', 'ci_low': 'RR lower', 'ci_high': 'RR upper'}
    """
    names, meanings = {}, {}
    known = {folded(name): name for name in columns}
    for role in _ROLES:
        told = {name: meaning(name) for name in columns}
        named = [n for n, m in told.items() if m.role == role and _same(m.measure, code)]
        ours = [known[name] for name in SYNONYMS[role] if name in known]
        plain = [n for n, m in told.items() if m.role == role and not m.measure]
        # Logarithms are what pooling needs: where a table has both, they are taken.
        named.sort(key=lambda name: not told[name].log)
        best = next(iter([*named, *ours, *plain]), None)
        if best is not None:
            names[role] = best
            meanings[role] = told[best]
    return StatedColumns(names, meanings)


def other_measure(columns: Sequence[str], code: str) -> str:
    """The measure that the table's effects are of where that is not the one asked for."""
    found = stated_measure(columns)
    return found if found and code != "GEN" and not _same(found, code) else ""


def _same(one: str, other: str) -> bool:
    return bool(one) and (one == other or frozenset((one, other)) in _ALIKE)


def stated_effects(
    table: pl.DataFrame, code: str, labels: Sequence[str], asked: str, faults: list[Fault]
) -> Analysed | None:
    """Effects and standard errors of a table on the analysis scale; None where it states none.

    Args:
        table: the rows.
        code: the measure.
        labels: of the rows, for messages.
        asked: ``natural`` or ``log`` where the user says the scale.
        faults: what is wrong is added here.
    """
    columns = figured(table)
    found = stated_columns(columns, code)
    if "effect" not in found.names:
        return None
    if not found.complete:
        tested = any(folded(name) in ("p", "p_value", "pvalue", "pval") for name in table.columns)
        fix = "speciosa.evidence.se_from_p(effect, p) gives one from a p-value." if tested else ""
        needed = "se, variance, or ci_low and ci_high"
        faults.append(Fault(NO_SPREAD, needed, "none of them", fix))
        return None
    if twice := _twice(columns, found):
        faults.append(twice)
        return None
    values = {role: numbers(table, name, labels, faults) for role, name in found.names.items()}
    if code == "RD":
        faults += _beyond_one(labels, values["effect"])
    if "variance" in values and "se" in values:
        faults += _not_its_square(table, found.names, labels, values)
    se = values.get("se")
    if se is None and "variance" in values:
        square = values["variance"]
        faults += [
            Fault(f"study {name!r}, variance", "above 0", f"{value:g}")
            for name, value in zip(labels, square, strict=True)
            if value <= 0
        ]
        with np.errstate(invalid="ignore"):
            se = np.sqrt(np.where(square > 0, square, np.nan))
    effect, limit = found.meanings["effect"], found.meanings.get("ci_low", Meaning())
    named = effect.log if effect.measure else None
    error = found.meanings.get("se", Meaning())
    result = analysed(
        Stated(
            labels,
            values["effect"],
            se,
            values.get("ci_low"),
            values.get("ci_high"),
            _decimals(
                table, [found.names[r] for r in ("effect", "ci_low", "ci_high") if r in found.names]
            ),
            limit.level,
            None if named is None else not named,
            folded(found.names["effect"]) in SYNONYMS["effect"],
            error.log,
        ),
        measure(code).scale,
        asked,
        code,
    )
    faults += result.faults
    return result


def _twice(columns: Sequence[str], found: StatedColumns) -> Fault | None:
    """A question where several columns hold effects of one measure on one scale, as crude and adjusted ratios."""
    own = found.meanings["effect"]
    if not own.measure:
        return None
    told = {name: meaning(name) for name in columns}
    same = [
        n for n, m in told.items() if (m.role, m.measure, m.log) == ("effect", own.measure, own.log)
    ]
    if len(same) < 2:
        return None
    name = own.measure
    fix = f"Say which, with its limits, as --columns {name}={same[1]},lower=NAME,upper=NAME."
    return Fault("columns", f"one column of {name}", " and ".join(same), fix)


def _beyond_one(labels: Sequence[str], effect: Floats) -> list[Fault]:
    """Differences of risks that are none, as percentages are."""
    fix = "Percentage points are to be divided by 100."
    return [
        Fault(f"study {name!r}, effect", "a difference of risks from -1 to 1", f"{value:g}", fix)
        for name, value in zip(labels, effect, strict=True)
        if abs(value) > 1
    ]


def _not_its_square(
    table: pl.DataFrame, names: dict[str, str], labels: Sequence[str], values: dict[str, Floats]
) -> list[Fault]:
    """Variances that are not the squares of the standard errors beside them, whatever their rounding."""
    u, v = (0.5 * 10.0 ** -_decimals(table, [names[role]]) for role in ("se", "variance"))
    faults = []
    for name, s, square in zip(labels, values["se"], values["variance"], strict=True):
        low, high = max(s - u, 0.0) ** 2 - v, (s + u) ** 2 + v
        if not (
            low * (1 - _SQUARE) <= square <= high * (1 + _SQUARE) or s != s or square != square
        ):
            expected = f"{s * s:.3g}, the square of {names['se']}"
            faults.append(Fault(f"study {name!r}, {names['variance']}", expected, f"{square:g}"))
    return faults


def _decimals(table: pl.DataFrame, columns: Sequence[str]) -> int:
    """To how many decimals figures are printed: the most that any cell has, at most 15."""
    most = 0
    for name in columns:
        for cell in table[name].to_list():
            text = "" if cell is None else str(cell).strip().casefold()
            whole = re.fullmatch(r"[+-]?\d*\.?(\d*)(?:e([+-]?\d+))?", text)
            if whole and text:
                most = max(most, len(whole[1]) - int(whole[2] or 0))
    return min(most, 15)
