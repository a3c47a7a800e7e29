"""`speciosa overdose`: a dose of an opioid, breathing, oxygen, blood flow and rescue by naloxone."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from speciosa.errors import Fault
    from speciosa.pharmacology.overdose.course import OverdoseCourse

_NOTE = (
    "One typical person of the models that every study uses; people differ several-fold, so that a dose from which this one "
    "recovers stops the breathing of others. It is not dosing advice: give naloxone and call for help whenever an overdose is "
    "suspected."
)
_PUBLISHED = (
    "The published model of Mann et al. 2022 (doi:10.1002/cpt.2696) of one typical person; people differ several-fold. "
    "It is not dosing advice: give naloxone and call for help whenever an overdose is suspected."
)


def overdose(
    opioid: Annotated[str, typer.Argument(help="Any opioid or product, such as fentanyl.")],
    dose: Annotated[str, typer.Argument(help="Given at once, such as '1.6 mg'.")],
    route: Annotated[
        str, typer.Option(help="iv, oral, intranasal and so on; iv where that is known.")
    ] = "",
    also: Annotated[
        str, typer.Option("--with", help="What is taken besides, such as '5 mg midazolam iv'.")
    ] = "",
    user: Annotated[
        str, typer.Option(help="naive, chronic (100 MME a day) or such as 'tolerant 300 MME'.")
    ] = "naive",
    covariates: Annotated[
        str, typer.Option(help="Who else the person is, such as 'age=70; renal=severe'.")
    ] = "",
    published: Annotated[
        bool,
        typer.Option(
            help="The person of the published model, with its own fentanyl and carfentanil."
        ),
    ] = False,
    naloxone: Annotated[
        str, typer.Option(help="im_autoinjector, im_generic, intranasal or iv; none if left out.")
    ] = "",
    doses: Annotated[
        str, typer.Option(help="Of naloxone, in order, parted by commas: '0.04 mg, 0.5 mg'.")
    ] = "",
    first: Annotated[
        str,
        typer.Option(
            help="When the first is given after the opioid, such as '90 s'; by the published rule, 60 s after "
            "ventilation falls below 40% of its baseline, if left out."
        ),
    ] = "",
    gap: Annotated[str, typer.Option(help="Between doses of naloxone.")] = "150 s",
    until: Annotated[
        str,
        typer.Option(
            help="End, after the opioid; 60 min of an injection or spray, else 12 h, of a patch 72 h."
        ),
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Write the course here (CSV).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate an overdose and its rescue, and say whether the heart stops.

    Example: speciosa overdose fentanyl "1.625 mg" --user chronic --naloxone iv --doses "0.4 mg"
    """
    from speciosa.errors import Fault, InputError
    from speciosa.pharmacology.overdose.course import Rescue, overdose_course
    from speciosa.pharmacology.overdose.person import opioid_course
    from speciosa.saving import save_whole, writable_file

    faults: list[Fault] = []
    dose_mg = _read(dose, "mg", "dose", faults)
    amounts = [_read(part, "mg", "--doses", faults) for part in doses.split(",") if part.strip()]
    first_s = _read(first, "s", "--first", faults) if first else None
    gap_s = _read(gap, "s", "--gap", faults)
    until_s = _read(until, "s", "--until", faults) if until else None
    if bool(naloxone) != bool(amounts):
        missing = "--doses" if naloxone else "--naloxone"
        faults.append(Fault(missing, "--naloxone and --doses together", "one without the other"))
    if first_s is not None and not naloxone:
        faults.append(Fault("--first", "--naloxone beside it", "none"))
    given_s = (first_s or 0.0) + gap_s * max(len(amounts) - 1, 0)
    if first_s is not None and until_s is not None and given_s >= until_s > 0:
        faults.append(Fault("--until", "a time after the last dose of naloxone", repr(until)))
    if faults:
        raise InputError(faults)
    if out is not None:
        writable_file(out)
    rescue = Rescue(naloxone, tuple(amounts), first_s, gap_s=gap_s) if naloxone else None
    if published:
        course = overdose_course(
            opioid,
            dose_mg,
            user=user,
            rescue=rescue,
            until_s=3600.0 if until_s is None else until_s,
        )
    else:
        course = opioid_course(
            opioid,
            dose,
            route=route,
            beside=also,
            user=user,
            covariates=covariates,
            rescue=rescue,
            until_s=until_s,
        )
    note = _PUBLISHED if published else _NOTE
    if out is not None:
        save_whole(out, _table(course))
    if as_json:
        print(json.dumps(_summary(course, note), allow_nan=False))
    else:
        _print(course, note, requested=rescue is not None)


def _read(text: str, unit: str, where: str, faults: list["Fault"]) -> float:
    from speciosa import units
    from speciosa.errors import Fault, InputError

    example = {"mg": "an amount such as '2 mg'", "s": "a time such as '90 s'"}[unit]
    try:
        value, written = units.read(text)
        if not written:
            raise ValueError(text)
        return value * units.factor(written, unit)
    except (InputError, ValueError):
        faults.append(Fault(where, example, repr(text.strip())))
        return 0.0


def _summary(course: "OverdoseCourse", note: str) -> dict[str, Any]:
    return {**course.numbers(), "note": note}


def _print(course: "OverdoseCourse", note: str, *, requested: bool) -> None:
    found = _summary(course, note)
    within = f"No cardiac arrest within {course.time_s[-1]:.0f} s of"
    begins = (
        "" if course.collapse_s is None else f"; blood flow fails from {course.collapse_s:.0f} s"
    )
    print(f"{'Cardiac arrest after' if course.arrest else within} {course.given}{begins}.")
    low = course.below_40_percent_s
    below = "never below 40% of it" if low is None else f"below 40% of it after {low:.0f} s"
    print(
        f"Ventilation {course.baseline_l_min:.2f} L/min before, {below}, lowest "
        f"{found['lowest_ventilation_l_min']:.2f} L/min at {found['lowest_ventilation_s']:.0f} s, "
        f"{found['last_ventilation_l_min']:.2f} L/min at the end."
    )
    if found["lowest_ventilation_s"] >= course.time_s[-1] and not course.arrest:
        print("Breathing still falls at the end: follow it for longer (--until '24 h').")
    print(
        f"Lowest arterial PO2 {found['lowest_arterial_po2_mmhg']:.0f} mmHg, brain PO2 "
        f"{found['lowest_brain_po2_mmhg']:.0f} mmHg, blood flow {found['lowest_blood_flow_l_min']:.1f} L/min."
    )
    given = ", ".join(f"{time:.0f}" for time in found["naloxone_s"])
    none = "No naloxone was due in that time." if requested else "No naloxone."
    print(f"Naloxone at {given} s." if given else none)
    print(note)


def _table(course: "OverdoseCourse") -> str:
    lines = [",".join(("time_s", *course.courses))]
    columns = zip(course.time_s, *course.courses.values(), strict=True)
    lines += [",".join(f"{value:.6g}" for value in row) for row in columns]
    return "\n".join(lines) + "\n"
