"""`python -m speciosa.calibration`: fit the models to the observations whose split is ``fit``.

Reads ``plasma.csv``, ``interactions.csv`` and ``effects.csv`` of the shipped observations (or of another folder,
``--observations``), writes the estimates beside the facts (or ``--facts``), pages of plots (``--page``) and the tables of
parameters (``--table``). ``--only effects`` takes the estimates of the plasma models as they stand. Last it judges the
textbook checks and predicts the check part, says how both moved, and writes them down (``--only standing`` does that alone).
``--only left-out`` predicts pain, single doses after surgery without their own trials, and writes that down.
The same input gives the same output.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from speciosa.calibration import tables
from speciosa.calibration.effects import calibrate_effects
from speciosa.calibration.effects_page import effects_page
from speciosa.calibration.effects_write import write_effects, write_table
from speciosa.calibration.left_out import RECORD as LEFT_OUT
from speciosa.calibration.left_out import judge_pain, told, write_judged
from speciosa.calibration.limits import write_limits
from speciosa.calibration.page import page
from speciosa.calibration.patients import by_week, predicted_grades, read_patients
from speciosa.calibration.plasma import calibrate
from speciosa.calibration.stages import STAGES
from speciosa.calibration.standing import (
    RECORD,
    TEXTBOOK,
    measure,
    moved,
    read_record,
    write_page,
    write_record,
)
from speciosa.calibration.write import write
from speciosa.errors import Fault, InputError
from speciosa.facts.folders import forget
from speciosa.facts.tables import DATA
from speciosa.validation.observed.observations import Observation
from speciosa.validation.observed.shipped import OBSERVATIONS
from speciosa.validation.run import read

PLASMA, EFFECTS = ("plasma.csv", "interactions.csv"), ("effects.csv",)
CHECKS = ("plasma-check.csv", "interactions-check.csv", "effects-check.csv")


def main() -> None:
    """Runs the calibration of plasma and interactions, then that of effects."""
    parser = argparse.ArgumentParser(prog="python -m speciosa.calibration", description=__doc__)
    parser.add_argument("--observations", type=Path, default=OBSERVATIONS)
    parser.add_argument("--facts", type=Path, default=DATA / "calibration")
    parser.add_argument("--table", type=Path, default=Path("docs") / "model-parameters.md")
    parser.add_argument("--page", type=Path, default=Path("out") / "calibration.html")
    parser.add_argument("--only", choices=("plasma", "effects", "limits", "standing", "left-out"))
    parser.add_argument(
        "--stage",
        action="append",
        default=[],
        choices=[stage.name for stage in STAGES],
        help="Of the effects fit only this stage (may be repeated); the estimates of the others stay.",
    )
    parser.add_argument(
        "--onward",
        action="store_true",
        help="Search from the estimates of the effects as they stand, and not from the priors.",
    )
    chosen = parser.parse_args()
    if chosen.stage:
        chosen.only = "effects"
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        if chosen.only in (None, "plasma"):
            _plasma(chosen, say)
        if chosen.only in (None, "effects"):
            _effects(chosen, say)
        if chosen.only in (None, "limits"):
            everything = [*PLASMA, *EFFECTS, *CHECKS]
            rows = [row for name in everything for row in read(chosen.observations / name).rows]
            for path in write_limits(rows, DATA / "effects", say):
                say(f"wrote {path}")
        if chosen.only == "left-out":
            _left_out(chosen, say)
        elif chosen.only != "limits":
            _standing(chosen, say)
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _plasma(chosen: argparse.Namespace, say: Callable[[str], None]) -> None:
    fitted = calibrate(_rows(chosen.observations, PLASMA), say)
    for path in write(fitted, chosen.facts):
        say(f"wrote {path}")
    forget()
    say(f"wrote {page(fitted, chosen.page)}")
    if chosen.table.parent.is_dir():
        say(f"wrote {tables.write(chosen.table)}")


def _effects(chosen: argparse.Namespace, say: Callable[[str], None]) -> None:
    rows = _rows(chosen.observations, EFFECTS)
    fits = calibrate_effects(rows, say, chosen.stage, onward=chosen.onward)
    for path in write_effects(fits, chosen.facts, rows):
        say(f"wrote {path}")
    forget()
    say(f"wrote {effects_page(fits, chosen.page.with_name('calibration-effects.html'))}")
    if chosen.table.parent.is_dir():
        say(f"wrote {write_table(chosen.table.with_name('model-effects-parameters.md'))}")
    people = chosen.observations / "ctn0030-patients.csv"
    if people.is_file() and chosen.stage in ([], ["withdrawal"]):
        for first, last, visits, observed, predicted in by_week(
            predicted_grades(read_patients(people))
        ):
            say(
                f"CTN-0030 by own doses, days {first} to {last}: {visits} visits, share with "
                f"withdrawal {observed:.2f}, predicted {predicted:.2f}"
            )


def _standing(chosen: argparse.Namespace, say: Callable[[str], None]) -> None:
    """What the calibration did to the textbook checks and to studies that calibrate nothing."""
    record = chosen.observations / RECORD
    before = read_record(record)
    now = measure(chosen.observations, say)
    if not now:
        return
    for line in moved(before, now):
        say(line)
    say(f"wrote {write_record(now, record)}")
    page = chosen.table.with_name("validation.md")
    if page.is_file() and (chosen.observations / TEXTBOOK).is_file():
        say(f"wrote {write_page(page, chosen.observations)}")


def _left_out(chosen: argparse.Namespace, say: Callable[[str], None]) -> None:
    """What drugs are predicted to do for pain, single doses after surgery without their own trials."""
    fitting, checking = (read(chosen.observations / name).rows for name in (*EFFECTS, CHECKS[-1]))
    judged = judge_pain(fitting, checking, say)
    for line in told(judged):
        say(line)
    say(f"wrote {write_judged(judged, chosen.observations / LEFT_OUT)}")


def _rows(folder: Path, files: tuple[str, ...]) -> list[Observation]:
    rows = [row for name in files for row in read(folder / name).rows if row.split == "fit"]
    if not rows:
        raise InputError(Fault(str(folder), "rows whose split is fit", "none"))
    return rows


if __name__ == "__main__":
    main()
