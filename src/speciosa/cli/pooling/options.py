"""Options that the commands of pooling share: how a table is read, and how a result is shown."""

from pathlib import Path
from typing import Annotated

import typer

Scale = Annotated[
    str,
    typer.Option(help="Of stated ratios: natural or log; needed where the file does not tell."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="Which column is which: NAME=COLUMN, as events=death,n=randomized; repeatable."
    ),
]
Rows = Annotated[
    list[str] | None, typer.Option(help="Only rows with this value: COLUMN=VALUE; repeatable.")
]
Sheet = Annotated[str, typer.Option(help="Of a workbook with several.")]
Level = Annotated[float, typer.Option(help="Of the intervals.")]
Page = Annotated[Path | None, typer.Option(help="Write an HTML page here.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
