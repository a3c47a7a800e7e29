"""Numbers as a reader wants them, each one a link to where it comes from."""

import math
import re
from collections.abc import Callable, Mapping, Sequence

import polars as pl
from markupsafe import Markup, escape

_SMALLEST = 8


def plain(value: float, digits: int = 2) -> str:
    """A number with `digits` significant digits and never with an exponent; what is next to nothing is said to be.

    Example:
        >>> plain(0.03456), plain(1234.5), plain(-2.0), plain(0), plain(7.6e-10)
        ('0.035', '1,200', '-2.0', '0', 'almost 0')
    """
    if not math.isfinite(value):
        return "not known"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -_SMALLEST:
        return "almost 0"
    rounded = round(value, digits - 1 - size)
    return f"{rounded:,.{max(0, digits - 1 - size)}f}"


def share(value: float) -> str:
    """A share as a percentage, honest near the ends.

    Example:
        >>> share(0.123), share(0.0004), share(0.9999), share(0.0)
        ('12%', '<0.1%', '>99.9%', '0%')
    """
    if not math.isfinite(value):
        return "not known"
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    percent = 100 * value
    return (
        f"{percent:.1f}%" if 0 < percent < 10 and percent != round(percent) else f"{percent:.0f}%"
    )


def shown(value: float, unit: str) -> str:
    """A number with its unit, as reports print it.

    Example:
        >>> shown(0.5, "share"), shown(2.31, "points"), shown(14, "ms")
        ('50%', '2.3 points', '14 ms')
    """
    if unit == "share":
        return share(value)
    return plain(value) + (f" {unit}" if unit not in {"", "1"} else "")


def interval(low: float, high: float, unit: str) -> str:
    """An interval with its unit written once.

    Example:
        >>> interval(0.1, 0.25, "share"), interval(-1, 2.5, "points")
        ('10% to 25%', '-1.0 to 2.5')
    """
    if unit == "share":
        return f"{share(low)} to {share(high)}"
    return f"{plain(low)} to {plain(high)}"


def linked(text: str, anchor: str) -> Markup:
    """`text` as a link to the place in the page that says where it comes from.

    Example:
        >>> print(linked("2.3 points", "made-tea"))
        <a class="n" href="#made-tea">2.3 points</a>
    """
    # Reports hold thousands of these: joining escaped text takes a tenth of the time of `Markup.format`.
    return Markup(f'<a class="n" href="#{escape(anchor)}">{escape(text)}</a>')


# A digit that belongs to a name (7-OH, 5-HT1A, CYP2D6, M1) is no number.
_ONE = r"\d+(?:[.,]\d+)*(?:e-?\d+)?%?"
NUMBER = re.compile(rf"(?<![\w.,-])[<>]?[-+−]?{_ONE}(?:[-–]{_ONE})*(?!\w|-[A-Za-z]|[.,]\d)")


def link_numbers(text: str, anchor: str) -> Markup:
    """Every number of a plain text as a link to `anchor`.

    Example:
        >>> print(link_numbers("26 men", "ref-x"))
        <a class="n" href="#ref-x">26</a> men
        >>> print(link_numbers("7-OH by CYP3A4, 2011-2017", "ref-x"))
        7-OH by CYP3A4, <a class="n" href="#ref-x">2011-2017</a>
    """
    parts, end = [], 0
    for match in NUMBER.finditer(text):
        parts += [escape(text[end : match.start()]), linked(match[0], anchor)]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def table_html(
    table: pl.DataFrame | Sequence[Mapping[str, object]],
    anchor: str,
    *,
    formats: Mapping[str, Callable[[float], str]] | None = None,
    anchors: str | None = None,
    caption: str = "",
) -> Markup:
    """A table whose numbers link to their source.

    Args:
        table: what to show, one HTML row a row; a cell that is `Markup` stands as it is.
        anchor: source of every row.
        formats: how to print a numeric column; `plain` with three digits where none is given.
        anchors: column of `table` that holds a row's own anchor; it is not shown.
        caption: above the table.
    """
    rows = table.to_dicts() if isinstance(table, pl.DataFrame) else table
    shown_columns = [name for name in (rows[0] if rows else ()) if name != anchors]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in shown_columns)
    body = []
    for row in rows:
        source = str(row[anchors]) if anchors else anchor
        cells = [
            _cell(row[name], (formats or {}).get(name), source, first=place == 0)
            for place, name in enumerate(shown_columns)
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    return Markup(
        f'<div class="table"><table><caption>{link_numbers(caption, anchor)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(
    value: object, form: Callable[[float], str] | None, anchor: str, *, first: bool
) -> Markup:
    if value is None:
        inner: Markup = Markup('<span class="gap">not told</span>')
    elif isinstance(value, bool) or not isinstance(value, int | float):
        inner = value if isinstance(value, Markup) else link_numbers(str(value), anchor)
    else:
        inner = linked(form(value) if form else plain(value, 3), anchor)
    return Markup(f'<th scope="row">{inner}</th>' if first else f"<td>{inner}</td>")
