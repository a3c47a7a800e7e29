"""A table as the file that its ending asks for."""

from io import BytesIO
from pathlib import Path

import polars as pl

from speciosa.delimited import frame_as_csv
from speciosa.saving import save_whole


def save_table(table: pl.DataFrame, out: Path) -> None:
    """Writes CSV if the file ends in ``.csv``, else Parquet."""
    if out.suffix.casefold() == ".csv":
        save_whole(out, frame_as_csv(table))
        return
    content = BytesIO()
    table.write_parquet(content)
    save_whole(out, content.getvalue())
