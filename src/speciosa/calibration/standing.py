"""How the models stand: textbook checks and the part of the observations that calibrates nothing, and how both moved.

A calibration can improve a fit and break medicine, or the prediction of other studies. So after every calibration the
textbook checks are judged, the rows of the check part are predicted, and both are compared with the last record
(``observations/standing.csv``), which is then written anew together with the table in ``docs/validation.md``.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from speciosa.delimited import read_text_table
from speciosa.errors import Fault, InputError
from speciosa.saving import save_whole
from speciosa.validation.run import validate
from speciosa.validation.summary import Prediction, score
from speciosa.validation.textbook.run import judge

TEXTBOOK = "textbook.csv"
REASONS = "textbook-misses.csv"
"""Why a check is missed, in words: columns ``id`` and ``reason``."""

CHECKED = ("plasma-check.csv", "interactions-check.csv", "effects-check.csv")
RECORD = "standing.csv"
BEGIN, END = "<!-- textbook: begin -->\n", "<!-- textbook: end -->\n"
"""Between these lines of a page stands the table that `write_page` writes."""

COLUMNS = ("part", "id", "value", "low", "high", "right")


@dataclass(frozen=True, slots=True)
class Entry:
    """One check, or one measure of a part: `value`, and for a check its range and whether it is right.

    Measures of a part have no range. Numbers are texts, so that a record is read as it was written.
    """

    part: str
    id: str
    value: str
    low: str = ""
    high: str = ""
    right: str = ""


def measure(folder: Path, say: Callable[[str], None]) -> list[Entry]:
    """Judges the textbook checks and predicts the check part of the observations.

    Args:
        folder: of the observations; files that are not there are left out.
        say: told what is done.
    """
    entries: list[Entry] = []
    if (folder / TEXTBOOK).is_file():
        say(f"judging {TEXTBOOK}")
        for check in judge(folder / TEXTBOOK).checks:
            value = "" if check.value is None else f"{check.value:.3g}"
            right = "right" if check.right else "wrong"
            entries.append(
                Entry(TEXTBOOK, check.id, value, f"{check.low:g}", f"{check.high:g}", right)
            )
    for name in CHECKED:
        if (folder / name).is_file():
            say(f"predicting {name}")
            entries += _measures(name, validate(folder / name).rows)
    return entries


def read_record(path: Path) -> list[Entry]:
    """The last record; nothing where there is none."""
    if not path.is_file():
        return []
    found = read_text_table(path)
    if found.names != COLUMNS:
        wanted = "the columns " + ", ".join(COLUMNS)
        raise InputError(Fault(str(path), wanted, ", ".join(found.names)))
    return [Entry(**row) for _, row in found.records()]


def write_record(entries: Sequence[Entry], path: Path) -> Path:
    """Writes the record."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in entries)
    return save_whole(path, text.getvalue())


def moved(before: Sequence[Entry], now: Sequence[Entry]) -> Iterator[str]:
    """What changed from one record to the next, a line each.

    Example:
        >>> was = [Entry("textbook.csv", "a", "2", "1", "3", "right"), Entry("p", "gmfe", "1.30")]
        >>> new = [Entry("textbook.csv", "a", "4", "1", "3", "wrong"), Entry("p", "gmfe", "1.25")]
        >>> for line in moved(was, new): print(line)
        textbook.csv: 1 right before, 0 of 1 now
        textbook.csv, a: 2 before, 4 now (1 to 3), now wrong
        p: gmfe 1.30 before, 1.25 now
    """
    old = {(entry.part, entry.id): entry for entry in before}
    checks = [entry for entry in now if entry.right]
    if checks:
        count = sum(entry.right == "right" for entry in checks)
        was = sum(entry.right == "right" for entry in before)
        yield f"{checks[0].part}: {was} right before, {count} of {len(checks)} now"
    for entry in now:
        last = old.get((entry.part, entry.id))
        told = last.value or "none" if last is not None else "none"
        if not entry.right:
            yield f"{entry.part}: {entry.id} {told} before, {entry.value} now"
        elif last is not None and last.right != entry.right:
            span = f"({entry.low} to {entry.high})"
            yield (
                f"{entry.part}, {entry.id}: {told} before, {entry.value or 'none'} now {span}, "
                f"now {entry.right}"
            )


def table(folder: Path) -> str:
    """The table of the textbook checks as Markdown, from the record; a miss has its reason."""
    lines_of = read_text_table(folder / TEXTBOOK, ragged=True).records()
    words = {row["id"]: row for _, row in lines_of}
    reasons = read_reasons(folder)
    checks = [entry for entry in read_record(folder / RECORD) if entry.part == TEXTBOOK]
    count = sum(entry.right == "right" for entry in checks)
    lines = [
        f"{count} of {len(checks)} right.\n\n",
        "| | check | predicted | accepted | | where the range comes from; why it is missed |\n",
        "| --- | --- | --- | --- | --- | --- |\n",
    ]
    for entry in checks:
        line = words[entry.id]
        said = line["source"]
        if entry.right == "wrong":
            why = reasons.get(entry.id) or f"points to: {line['fault']}"
            said += f". Missed: {why}"
        mark = "right" if entry.right == "right" else "**wrong**"
        span = f"{entry.low} to {entry.high}"
        cells = (entry.id, line["check"], entry.value or "none", span, mark, said)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(lines)


def read_reasons(folder: Path) -> dict[str, str]:
    """Why checks are missed, by id."""
    path = folder / REASONS
    if not path.is_file():
        return {}
    return {row["id"]: row["reason"] for _, row in read_text_table(path).records()}


def write_page(page: Path, folder: Path) -> Path:
    """Writes the table of the textbook checks into a page, between `BEGIN` and `END`.

    Raises:
        InputError: the page has no such place.
    """
    text = page.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise InputError(Fault(str(page), f"the lines {BEGIN.strip()} and {END.strip()}", "none"))
    return save_whole(page, f"{head}{begin}\n{table(folder)}\n{end}{tail}")


def _measures(part: str, rows: Sequence[Prediction]) -> Iterator[Entry]:
    """Fold errors of exposures, and root mean square errors of effects by analyte."""
    exposures = [row for row in rows if not row.is_absolute]
    if exposures:
        found = score(exposures)
        named = {
            "gmfe": found.gmfe,
            "within 1.25-fold": found.within_1_25,
            "within 1.5-fold": found.within_1_5,
            "interval holds": found.coverage_90,
        }
        yield from (Entry(part, key, f"{v:.3f}") for key, v in named.items() if v is not None)
    by_analyte: dict[str, list[Prediction]] = {}
    for row in rows:
        if row.is_absolute:
            by_analyte.setdefault(f"{row.analyte}, {row.unit}", []).append(row)
    for name, members in sorted(by_analyte.items()):
        rmse = score(members).rmse
        yield Entry(part, f"rmse of {name} ({len(members)} rows)", f"{rmse:.3g}")
