"""`speciosa check`: what is wrong with an input file, all of it at once."""

import json
from pathlib import Path
from typing import Annotated

import typer

from speciosa.errors import Fault, InputError


def check(
    file: Annotated[Path, typer.Argument(help="A study (TOML), facts or observations (CSV).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say everything that is wrong with an input file.

    Example: speciosa check my-study.toml
    """
    faults = faults_of(file)
    if as_json:
        rows = [
            {"where": f.where, "expected": f.expected, "found": f.found, "fix": f.fix}
            for f in faults
        ]
        print(json.dumps({"file": str(file), "ok": not faults, "faults": rows}))
    elif faults:
        print("\n".join(str(fault) for fault in faults))
        print(f"{file}: {len(faults)} fault{'s' if len(faults) > 1 else ''}.")
    else:
        print(f"{file}: nothing wrong.")
    if faults:
        raise typer.Exit(2)


def faults_of(file: Path) -> list[Fault]:
    """Every fault of a study or its lock file, of facts or of observations."""
    if file.is_dir():
        return [Fault(str(file), "a file", "a folder")]
    if not file.exists():
        return [Fault(str(file), "a file", "none of this name")]
    try:
        if file.suffix.casefold() == ".toml":
            from speciosa.comparison import question

            question(file)
        else:
            from speciosa import facts

            facts.check_file(file)
    except InputError as error:
        return list(error.faults)
    return []
