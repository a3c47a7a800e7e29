"""The rows of a chart of time courses, and of the table beside it."""

import polars as pl


def rounded_rows(table: pl.DataFrame) -> list[dict[str, object]]:
    """The rows of a chart, with as many digits as a screen can show."""
    return table.with_columns(pl.col(pl.Float64).round_sig_figs(4)).to_dicts()


def daily_means(table: pl.DataFrame) -> pl.DataFrame:
    """Daily means of the curves, short enough to read."""
    return (
        table.with_columns((pl.col("time_h") // 24 + 1).cast(pl.Int32).alias("day"))
        .group_by("arm", "day", maintain_order=True)
        .agg(pl.col("median", "low", "high").mean())
    )
