"""What `speciosa simulate` does with a model of systems biology."""

import json
from pathlib import Path

from speciosa.errors import Fault, InputError

MOST_TIMES = 1_000_000


def is_sbml(name: str) -> bool:
    """Whether a file is meant as SBML, by its ending."""
    return name.casefold().endswith((".xml", ".sbml"))


def simulate_file(
    source: str, out: Path, times: str, amounts: str, concentrations: str, *, as_json: bool
) -> None:
    """Simulates an SBML file and writes the columns ``time`` and one a variable.

    Args:
        source: the file.
        out: CSV if it ends in ``.csv``, else Parquet.
        times: ``begin:end:step`` in the file's own unit of time.
        amounts: species, separated by commas, to show as amounts whatever their names stand for.
        concentrations: the same, to show as concentrations.
        as_json: print one JSON object.
    """
    from speciosa.cli.simulating.table import save_table
    from speciosa.exchange import read_sbml, simulate_sbml
    from speciosa.saving import writable_file

    grid = times_of(times)
    writable_file(out)
    model = read_sbml(source)
    chosen = [[name for name in text.split(",") if name] for text in (amounts, concentrations)]
    table = simulate_sbml(model, grid, amounts=chosen[0], concentrations=chosen[1])
    save_table(table, out)
    if as_json:
        told = {"file": str(out), "rows": len(table), "columns": table.columns}
        print(json.dumps({**told, "notes": model.notes}))
        return
    for note in model.notes:
        print(note)
    print(f"{out}: {len(table)} rows")


def times_of(text: str) -> list[float]:
    """Times from ``begin:end:step``.

    Raises:
        InputError: not so written, or too many.

    Example:
        >>> times_of("0:1:0.25")
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    expected = "BEGIN:END:STEP, as 0:5:0.1"
    parts = text.split(":")
    try:
        begin, end, step = map(float, parts)
    except ValueError:
        raise InputError(Fault("--times", expected, text or "nothing")) from None
    if not (0 <= begin < end < float("inf") and 0 < step <= end - begin):
        raise InputError(Fault("--times", f"{expected}, from 0 on, ascending", text))
    count = round((end - begin) / step)
    if count > MOST_TIMES:
        raise InputError(Fault("--times", f"at most {MOST_TIMES} times", str(count)))
    return [begin + number * step for number in range(count + 1)]
