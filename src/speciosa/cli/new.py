"""`speciosa new`: a study file to start from."""

import json
from pathlib import Path
from typing import Annotated

import typer


def new(
    file: Annotated[Path, typer.Argument(help="The study file to write (TOML).")],
    like: Annotated[
        str,
        typer.Option(help="What to start from: start, default, acute, withdrawal or interactions."),
    ] = "start",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a study file to start from, with every key explained; nothing is overwritten.

    Example: speciosa new my-study.toml
    """
    from speciosa.study.question.start import start_study

    path = start_study(file, like)
    if as_json:
        print(json.dumps({"file": str(path), "like": like}))
    else:
        print(f"{path}\nNext: speciosa check {path}")
