"""Charts of one form with new numbers: building a chart takes longer than a preview's solving, so its form is kept.

The report's functions build each form once, with one row for every place; afterwards only the rows are exchanged. A form
holds no result, so that those of the first page may lie on disk until the next start, as compiled equations do.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from speciosa.report.figures.rows import daily_means, rounded_rows
from speciosa.saving import save_whole

if TYPE_CHECKING:
    from speciosa.report.figures.figure import Figure

Spec = dict[str, Any]
Rows = list[dict[str, object]]
_MOST = 48
_NUMBERS = {"median": 0.0, "low": 0.0, "high": 0.0}
_WHO = "{population}"


@dataclass(frozen=True)
class Drawing:
    """A chart for the browser, with what stands beside it.

    Attributes:
        name: of its anchor and of its file of numbers.
        title: what it shows.
        caption: population, scale, interval.
        spec: the chart as Vega-Lite.
        table: the numbers drawn.
        sources: anchors in the page where the numbers are explained.
    """

    name: str
    title: str
    caption: str
    spec: Spec
    table: pl.DataFrame
    sources: tuple[str, ...]


def drawn(figure: "Figure") -> Drawing:
    """A figure of the report as it is."""
    spec = figure.chart.to_dict(validate=False)
    return Drawing(
        figure.name, figure.title, figure.caption, spec, figure.table, tuple(figure.sources)
    )


def panels(
    name: str, title: str, caption: str, table: pl.DataFrame, sources: Sequence[str], columns: int
) -> Drawing:
    """`interval_panels` of the report, with the same arguments."""
    arms = table["arm"].unique(maintain_order=True).to_list()
    outcomes = table.select("outcome", "axis").unique(maintain_order=True).rows()

    def made() -> "Figure":
        from speciosa.report.sections.effects import interval_panels

        rows = [
            {"arm": arm, "outcome": outcome, "axis": axis, **_NUMBERS}
            for outcome, axis in outcomes
            for arm in arms
        ]
        return interval_panels(name, title, "", pl.DataFrame(rows), (), columns=columns)

    form = _form(["panels", arms, outcomes, columns], made)
    parts = table.partition_by("outcome", maintain_order=True)
    rows = (part.drop("outcome", "axis").to_dicts() for part in parts)
    spec = filled(form["spec"], rows)
    return Drawing(name, title, caption, spec, table.drop("axis"), tuple(sources))


def course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    *,
    stop_d: float | None,
    population: str,
) -> Drawing:
    """`time_course` of the report, with the same arguments."""
    arms = table["arm"].unique(maintain_order=True).to_list()

    def made() -> "Figure":
        from speciosa.report.figures.courses import time_course

        rows = pl.DataFrame([{"arm": arm, "time_h": 0.0, **_NUMBERS} for arm in arms])
        return time_course(name, title, axis, rows, (), stop_d=stop_d, population=_WHO)

    form = _form(["course", axis, arms, stop_d], made)
    caption = form["caption"].replace(_WHO, population)
    days = table.select("arm", (pl.col("time_h") / 24).alias("day"), "median", "low", "high")
    spec = filled(form["spec"], iter([rounded_rows(days)]))
    return Drawing(name, title, caption, spec, daily_means(table), tuple(sources))


def filled(spec: Spec, rows: Iterator[Rows]) -> Spec:
    """A drawing with other rows, in the order in which its data stand.

    Example:
        >>> filled({"hconcat": [{"data": {"values": []}, "mark": "bar"}]}, iter([[{"x": 1}]]))
        {'hconcat': [{'data': {'values': [{'x': 1}]}, 'mark': 'bar'}]}
    """

    def copied(node: Any) -> Any:
        if isinstance(node, list):
            return [copied(part) for part in node]
        if not isinstance(node, dict):
            return node
        return {
            key: {"values": next(rows)} if key == "data" else copied(part)
            for key, part in node.items()
        }

    return {
        key: part if key == "config" else copied({key: part})[key] for key, part in spec.items()
    }


_forms: OrderedDict[str, Spec] = OrderedDict()
_lock = Lock()


def _form(about: Sequence[object], made: Callable[[], "Figure"]) -> Spec:
    """Drawing and caption of a chart without its numbers, by all that they depend on."""
    key = json.dumps(about)
    with _lock:
        found = _forms.get(key)
    if found is None:
        figure = made()
        found = {"caption": figure.caption, "spec": figure.chart.to_dict(validate=False)}
    with _lock:
        _forms[key] = found
        _forms.move_to_end(key)
        while len(_forms) > _MOST:
            _forms.popitem(last=False)
    return found


def recall(path: Path) -> bool:
    """Takes the forms of the last start; whether they were there and made by the same code."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["made_by"] != _makers():
            return False
        with _lock:
            _forms.update(kept["forms"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def remember(path: Path) -> None:
    """Leaves the forms for the next start. A folder that cannot be written costs time then, nothing else."""
    with _lock:
        text = json.dumps({"made_by": _makers(), "forms": _forms})
    with suppress(OSError):
        save_whole(path, text)


@lru_cache(maxsize=1)
def _makers() -> str:
    """Hash of the code that builds charts."""
    digest = hashlib.sha256(version("altair").encode())
    for place in sorted(Path(str(files("speciosa.report"))).rglob("*.py")):
        digest.update(place.name.encode() + place.read_bytes())
    return digest.hexdigest()
