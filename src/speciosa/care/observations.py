"""What was observed of treatment over months: the rows of ``targets.csv``, of which the calibration takes most."""

import csv
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, str], ...]:
    """Every row, as text.

    Example:
        >>> rows()[0]["trial"]
        'CTN-0027'
    """
    text = (files("speciosa.care") / "data" / "targets.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
