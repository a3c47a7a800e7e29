"""Numbers, p-values and columns as a reader wants them."""

from collections.abc import Sequence


def number(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits at least, ``not estimable`` for None.

    Example:
        >>> number(0.12345), number(12.345), number(None)
        ('0.123', '12.3', 'not estimable')
    """
    if value is None:
        return "not estimable"
    size = abs(value)
    places = digits if size < 1 else max(0, digits - len(str(int(size))))
    return f"{value:.{places}f}"


def p_text(p: float | None) -> str:
    """A p-value as a reader wants it.

    Example:
        >>> p_text(0.03456), p_text(1e-9), p_text(None)
        ('p = 0.035', 'p < 0.0001', 'no degrees of freedom')
    """
    if p is None:
        return "no degrees of freedom"
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as aligned columns, the first to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def span(low: float, high: float) -> str:
    """An interval in words."""
    return f"{number(low)} to {number(high)}"
