"""The implicit solver for stiff models."""

from speciosa.engine.frame import Rows


def add_rows(rows: Rows, states: int) -> None:
    """Nothing yet."""
