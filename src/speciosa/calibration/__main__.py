"""`python -m speciosa.calibration`: fit the models to the observations whose split is ``fit``.

Reads ``observations/plasma.csv`` and ``observations/interactions.csv`` (or ``--observations``), writes the estimates
beside the facts (or ``--facts``), a page of plots (``--page``) and the table of parameters (``--table``). The same
input gives the same output.
"""

import argparse
import sys
import time
from pathlib import Path

from speciosa.calibration import tables
from speciosa.calibration.page import page
from speciosa.calibration.plasma import calibrate
from speciosa.calibration.write import write
from speciosa.errors import Fault, InputError
from speciosa.facts.tables import DATA
from speciosa.pharmacology.calibrated import forget
from speciosa.validation.run import read

FILES = ("plasma.csv", "interactions.csv")


def main() -> None:
    """Runs the calibration of plasma and interactions, then that of effects."""
    parser = argparse.ArgumentParser(prog="python -m speciosa.calibration", description=__doc__)
    parser.add_argument("--observations", type=Path, default=Path("observations"))
    parser.add_argument("--facts", type=Path, default=DATA / "calibration")
    parser.add_argument("--table", type=Path, default=Path("docs") / "model-parameters.md")
    parser.add_argument("--page", type=Path, default=Path("out") / "calibration.html")
    chosen = parser.parse_args()
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        rows = [
            row
            for name in FILES
            for row in read(chosen.observations / name).rows
            if row.split == "fit"
        ]
        if not rows:
            raise InputError(Fault(str(chosen.observations), "rows whose split is fit", "none"))
        fitted = calibrate(rows, say)
        for path in write(fitted, chosen.facts):
            say(f"wrote {path}")
        forget()
        say(f"wrote {page(fitted, chosen.page)}")
        if chosen.table.parent.is_dir():
            say(f"wrote {tables.write(chosen.table)}")
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
