"""Reading a text table as people export it: commas, semicolons or tabs, decimal commas, byte-order marks, blank lines.

Every CSV file of the program is read here: trials, observations, textbook checks and the facts.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from speciosa.errors import Fault, InputError, unseen

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = ",;\t|"
# What stands for runs of blanks between cells, as R writes tables.
BLANKS = " "
_BETWEEN_BLANKS = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
# Lines of a title above a table, at most.
_ABOVE = 4
LARGEST = 100_000_000
"""Bytes of a file that is read whole."""
# The minus sign of printed tables, which is no hyphen.
_MINUS = re.compile("^[\u2212\u2013](?=[0-9.,])")
# What web pages leave between letters and nobody sees: zero-width spaces, word joiners, byte-order marks, soft hyphens.
_WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\xad"))
_FORMULA = tuple("=+-@\t\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?%?|[+-]inf", re.IGNORECASE)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as text.

    Attributes:
        names: of the columns.
        rows: the cells of each row, stripped, as many as there are columns.
        lines: the line of the file in which each row ends.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and cells by column of each row.

        Example:
            >>> list(TextTable(("id", "n"), (("a", "3"),), (2,)).records())
            [(2, {'id': 'a', 'n': '3'})]
        """
        for line, row in zip(self.lines, self.rows, strict=True):
            yield line, dict(zip(self.names, row, strict=True))


def read_text_table(
    path: Path,
    *,
    error: type[InputError] = InputError,
    ragged: bool = False,
    kinds: str = "a CSV file",
    row_names: bool = False,
    titled: bool = False,
    apart: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> TextTable:
    """The table of a text file; lines without text are skipped, and so are characters without width.

    The delimiter is the one that gives the header most columns. Where it is not a comma and no number of the file has a
    decimal point, a comma between digits is the decimal mark.

    Args:
        path: of the file.
        error: what is raised, so that a reader learns which kind of file is wrong.
        kinds: the files that would do, for the message.
        ragged: lets lines be shorter than the header, the rest of them empty, or longer, the rest left out.
        row_names: lets a first column be without a name, as R writes the numbers of rows; it is passed over.
        titled: lets lines with one cell stand above the header, as a title; they are passed over.
        apart: gives the columns names of their own where a kind of table has one name for several.

    Raises:
        InputError: or the kind asked for. No such file, not in UTF-8 or UTF-16, columns without a name or with the same
            name, lines with more or fewer cells than the header; everything at once.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing there"
        raise error(Fault(str(path), kinds, found))
    text = visible(text_of(path, error))
    delimiter = delimiter_of(text, titled=titled)
    lines = _cells_of(path, text, delimiter, error)
    if not lines:
        return TextTable((), ())
    if titled:
        lines = _without_title(lines)
    if len(lines[0][1]) > 1 and [cell for cell in lines[-1][1] if cell] == ["END"]:
        lines = lines[:-1]  # as tables for BUGS end
    if row_names:
        lines = _without_row_names(lines, delimiter)
    if apart is not None:
        lines = [(lines[0][0], list(apart(lines[0][1]))), *lines[1:]]
    names, body, faults = _rectangle(path.name, lines, ragged)
    faults += _unseen(path.name, lines) if unseen(text.replace("\r\n", "\n")) else []
    if faults:
        raise error(faults)
    rows = _decimal_points(body) if delimiter != "," else body
    return TextTable(names, rows, tuple(number for number, _ in lines[1:]))


def visible(text: str) -> str:
    r"""A text without the characters that take no room in it: two names that look alike are one.

    Example:
        >>> visible("Smith\u200b 2004")
        'Smith 2004'
    """
    return text if text.isascii() else text.translate(_WITHOUT_WIDTH)


def _without_title(lines: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The table without lines of one cell above its header, where the header has more than two names."""
    filled = [sum(map(bool, cells)) for _, cells in lines]
    start = next((place for place, count in enumerate(filled) if count > 1), 0)
    return lines[start:] if filled[start] > 2 else lines


def _without_row_names(
    lines: list[tuple[int, list[str]]], delimiter: str
) -> list[tuple[int, list[str]]]:
    """The table without a first column that has no name, or that the header leaves out.

    Between commas and semicolons one cell too many may be a decimal comma: there only numbers of rows are passed over.
    """
    header, rows = lines[0][1], lines[1:]
    unnamed = not header[0] and len(header) > 1
    longer = all(len(cells) == len(header) + 1 for _, cells in rows)
    if longer:
        firsts = [cells[0] for _, cells in rows]
        numbered = firsts == [str(number) for number in range(1, len(rows) + 1)]
        named = delimiter not in ",;" and "#" not in header and len(set(firsts)) == len(firsts)
        longer = numbered or named
    if rows and (unnamed or longer):
        first = (lines[0][0], header[1:] if unnamed else header)
        return [first, *((number, cells[1:]) for number, cells in rows)]
    return lines


def _cells_of(
    path: Path, text: str, delimiter: str, error: type[InputError]
) -> list[tuple[int, list[str]]]:
    """Number and cells of each line that has any."""
    if delimiter == BLANKS:
        rows = enumerate(io.StringIO(text, newline=""), 1)
        split = [(number, _between_blanks(line)) for number, line in rows]
        return [(number, [_MINUS.sub("-", c) for c in cells]) for number, cells in split if cells]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader]
    except csv.Error as fault:
        where = f"{path.name}, line {reader.line_num}"
        raise error(Fault(where, "cells", str(fault))) from None
    if "\u2212" in text or "\u2013" in text:
        lines = [(number, [_MINUS.sub("-", cell) for cell in cells]) for number, cells in lines]
    return [(number, cells) for number, cells in lines if any(cells)]


def _between_blanks(line: str) -> list[str]:
    return [quoted or plain for quoted, plain in _BETWEEN_BLANKS.findall(line)]


def delimiter_of(text: str, *, titled: bool = False) -> str:
    r"""The delimiter that gives the header most columns, and the line below it as many; blanks where no other does.

    Args:
        text: of the file.
        titled: passes over first lines that no delimiter parts, where one parts the two below them alike.

    Example:
        >>> delimiter_of("study;effect;se"), delimiter_of("id,doses"), delimiter_of("r[,1]\tn[,1]\n9\t140")
        (';', ',', '\t')
        >>> delimiter_of("Deaths by study\nstudy;effect;se\nA;0.2;0.1", titled=True)
        ';'
    """
    filled = (line.strip(" \r\n") for line in io.StringIO(text, newline="") if line.strip())
    lines = list(islice(filled, _ABOVE + 2))
    lines = lines[_title(lines) if titled else 0 :][:2]

    def cells(line: str, mark: str) -> int:
        return len(next(csv.reader([line], delimiter=mark), []))

    def rank(mark: str) -> tuple[bool, int]:
        count = cells(lines[0], mark)
        return count > 1 and all(cells(line, mark) == count for line in lines[1:]), count

    if not lines:
        return DELIMITERS[0]
    ranks = {mark: rank(mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=ranks.__getitem__)
    # Runs of tabs align what they separate: no cell between two of them is meant to be empty.
    aligned = best == "\t" and "\t\t" in lines[0]
    if ranks[best][1] > 1 and not aligned:
        return best
    header, *below = (_between_blanks(line) for line in lines)
    fits = bool(below) and len(header) > 1 and len(below[0]) - len(header) in (0, 1)
    return BLANKS if fits else best


def _title(lines: Sequence[str]) -> int:
    """How many lines stand above a table: no delimiter parts them, and one parts the two below them alike."""

    def parted(line: str) -> list[int]:
        return [len(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS]

    if not lines or max(parted(lines[0])) > 1:
        return 0
    counts = [parted(line) for line in lines]
    above = next((place for place, count in enumerate(counts) if max(count) > 1), 0)
    below = counts[above : above + 2]
    alike = len(below) == 2 and any(one == other > 2 for one, other in zip(*below, strict=True))
    return above if alike else 0


def text_of(path: Path, error: type[InputError] = InputError) -> str:
    """The text of a file in UTF-8 or UTF-16.

    Raises:
        InputError: or the kind asked for. Other bytes, with their line.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise error(Fault(f"file {path.name}", f"at most {LARGEST} bytes", str(size)))
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise error(
            Fault(
                f"file {path.name}",
                "text in UTF-8",
                f"a byte that is none ({fault.object[fault.start]:#04x}) in line {data[: fault.start].count(10) + 1}",
                "Save the table as CSV in UTF-8.",
            )
        ) from None


def _rectangle(
    file: str, lines: Sequence[tuple[int, list[str]]], ragged: bool
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], list[Fault]]:
    """Names and rows of equal length; empty cells beyond the last name are dropped."""
    names = lines[0][1]
    while not names[-1]:
        names.pop()
    remarks = "#" in names  # what stands behind it, as in tables for BUGS, is a remark
    faults = [
        Fault(f"{file}, header", "every column name once", repr(name))
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        Fault(f"{file}, header", "a name for every column", f"none for column {place}")
        for place, name in enumerate(names, 1)
        if not name
    ]
    rows = []
    for number, cells in lines[1:]:
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if ragged or (remarks and len(cells) > len(names)):
            cells = [*cells[: len(names)], *[""] * (len(names) - len(cells))]
        if len(cells) != len(names):
            wanted = f"{len(names)} cells, as in the header"
            faults.append(Fault(f"{file}, line {number}", wanted, str(len(cells))))
        rows.append(tuple(cells))
    return tuple(names), tuple(rows), faults


def _unseen(file: str, lines: Sequence[tuple[int, list[str]]]) -> list[Fault]:
    """Cells with characters that would control a terminal or hide in a line."""
    return [
        Fault(f"{file}, line {number}", "printable characters", repr(cell[:40]))
        for number, cells in lines
        for cell in cells
        if unseen(cell.replace("\r\n", "\n"))
    ]


def as_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""A table as the text of a CSV file in which no cell is a formula to a spreadsheet.

    A text that begins as a formula does gets an apostrophe before it; numbers stay as they are.

    Example:
        >>> as_csv(("study", "effect"), [("=1+1", "-0.5")])
        "study,effect\n'=1+1,-0.5\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (names, *rows):
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def frame_as_csv(table: "pl.DataFrame") -> str:
    r"""A frame as the text of a CSV file, as `as_csv` writes it.

    Example:
        >>> import polars as pl
        >>> frame_as_csv(pl.DataFrame({"study": ["@A", "B"], "n": [1, None]}))
        "study,n\n'@A,1\nB,\n"
    """
    import polars as pl

    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    safe = table.with_columns(
        pl.Series(
            name, [None if cell is None else _harmless(cell) for cell in table[name]], pl.String
        )
        for name in texts
    )
    return safe.rename(_harmless).write_csv()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _FORMULA and not _NUMBER.fullmatch(cell) else cell


def _decimal_points(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    cells = [cell for row in rows for cell in row]
    if any(map(_WITH_POINT.fullmatch, cells)):
        return rows
    return tuple(
        tuple(cell.replace(",", ".") if _WITH_COMMA.fullmatch(cell) else cell for cell in row)
        for row in rows
    )
