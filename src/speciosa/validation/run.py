"""From an observations file to a report: read, predict, score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speciosa import facts
from speciosa.delimited import as_csv
from speciosa.errors import Fault, InputError, UnknownNameError
from speciosa.facts.products import known
from speciosa.facts.sheets.sheet import names
from speciosa.validation.observed.observations import ObservationFile
from speciosa.validation.observed.reading import read_observations
from speciosa.validation.observed.shipped import observations_file
from speciosa.validation.predict import Options
from speciosa.validation.silent import unused
from speciosa.validation.spread import predict_on
from speciosa.validation.summary import Prediction, Summary, summarise

if TYPE_CHECKING:
    from speciosa.workers import Cluster


@dataclass(frozen=True, slots=True)
class Report:
    """Predicted against observed.

    Attributes:
        rows: the rows that could be predicted.
        summary: the measures over them.
        not_predicted: id and reason of the others.
        notes: what rows say of their patients that the models do not use, in words.
    """

    rows: tuple[Prediction, ...]
    summary: Summary
    not_predicted: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """As the JSON of the contract."""
        return {
            "summary": self.summary.as_dict(),
            "rows": [
                {
                    "id": row.id,
                    "observed": row.observed,
                    "predicted": row.predicted,
                    "low": row.low,
                    "high": row.high,
                    "fold_error": row.fold_error,
                    "inside": row.inside,
                }
                for row in self.rows
            ],
            "not_predicted": [{"id": name, "reason": why} for name, why in self.not_predicted],
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def as_csv(self) -> str:
        """One line a row, predicted or not, with the reason where not."""
        columns = ("id", "analyte", "metric", "unit", "observed", "predicted", "low", "high")
        lines: list[tuple[object, ...]] = []
        for row in self.rows:
            fold = "" if row.fold_error is None else f"{row.fold_error:.4g}"
            numbers = (row.observed, row.predicted, row.low, row.high)
            shown = [f"{value:.6g}" for value in numbers]
            lines.append((row.id, row.analyte, row.metric, row.unit, *shown, fold, row.inside, ""))
        lines += [(name, *[""] * 9, why) for name, why in self.not_predicted]
        return as_csv((*columns, "fold_error", "inside", "reason"), lines)


def validate(
    path: str | Path,
    *,
    split: str | None = None,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
    cluster: "Cluster | None" = None,
) -> Report:
    """Predicts every observation of a file and scores the predictions.

    Args:
        path: an observations file, or one that ships with Speciosa by its name, such as ``plasma``.
        split: only rows whose ``split`` is this.
        options: number of draws, and the seed.
        progress: called with arms done and arms in all.
        cluster: workers that predict; this process if None. Predictions do not depend on it.

    Raises:
        InputError: the file cannot be used at all.

    Example:
        >>> report = validate("interactions-check.csv", split="none")
        >>> report.summary.overall.n
        0
    """
    file = read(path)
    rows = [row for row in file.rows if split is None or row.split == split]
    predictions, failed = predict_on(cluster, rows, options, progress)
    faulty = [(name, _joined(faults)) for name, faults in file.faults.items()]
    kept = {row.id for row in predictions}
    notes = unused([row for row in rows if row.id in kept])
    return Report(tuple(predictions), summarise(predictions), (*faulty, *failed), notes)


def read(path: str | Path) -> ObservationFile:
    """Reads an observations file with the substances and products of the library."""
    return read_observations(observations_file(path), substances(), known())


def substances() -> Mapping[str, str]:
    """Every name of a substance that has a model sheet, in lower case, and the substance."""
    found = {}
    for name in names():
        found[name] = name
        try:
            others = facts.substance(name).names
        except UnknownNameError:
            continue
        for other in others:
            found.setdefault(other.casefold(), name)
            found.setdefault(other.casefold().replace(" ", "_").replace("-", "_"), name)
    return found


def must_hold(report: Report, path: Path) -> None:
    """Raises where not one row of a file could be predicted, with the reason of each."""
    if not report.rows:
        raise InputError(
            Fault(f"{path}, row {name}", "a row that can be predicted", why)
            for name, why in report.not_predicted or (("", "no rows at all"),)
        )


def _joined(faults: tuple[Fault, ...]) -> str:
    return " ".join(str(fault) for fault in faults)
