"""Which arm, people and supply a row is predicted for: by what the row, its file and the plan say, never by what was observed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from speciosa.care.observed.arm_words import start_of
from speciosa.care.observed.beside import care_beside
from speciosa.care.observed.rows import Observed
from speciosa.care.observed.settings import setting_of
from speciosa.care.parameters import judged
from speciosa.care.people import Characteristics
from speciosa.care.plan import (
    ABSTINENT,
    DETOXIFICATION,
    ELSEWHERE,
    FIXED,
    PLACEBO,
    ROUTINE,
    TRIAL,
    UNKNOWN,
    UNTREATED,
    Plan,
    PlanArm,
)
from speciosa.care.read import arm_of
from speciosa.care.regimens import needs_detoxification
from speciosa.errors import Fault, InputError

_NOTHING = (
    "none", "no treatment", "no medication", "no medicine", "no pharmacotherapy", "waiting list", "wait list", "waitlist",
    "treatment as usual", "usual treatment", "usual care", "tau", "counselling", "counseling", "counselling only",
    "counseling only", "counselling alone", "counseling alone", "drug-free treatment", "psychosocial treatment",
)  # fmt: skip
"""Names of arms without a medicine."""
_SETTINGS = {
    TRIAL: "as in CTN-0027, the setting of the plan's arm",
    ELSEWHERE: "as in trials of others, the setting of the plan's arm",
    ROUTINE: "as in routine care, the setting of the plan's arm",
    UNKNOWN: "as in trials of others in two of three draws, as in routine care in one, with wider intervals",
}


def arm_of_row(plan: Plan, row: Observed) -> PlanArm:
    """An arm of the plan by its name, a medicine at its usual dose, or a start line; with the care that is named beside it.

    Raises:
        InputError: nothing of these.
    """
    text = " ".join(row.arm.split())
    if text.casefold() in _NOTHING:
        text = UNTREATED
    for arm in plan.arms:
        if text.casefold() in (arm.name.casefold(), arm.start.casefold()):
            return arm
    faults: list[Fault] = []
    medicine, beside = care_beside(text)
    if beside and medicine.casefold() in ("", *_NOTHING):
        medicine = UNTREATED
    for start in (medicine, start_of(medicine)):
        if start is None:
            continue
        try:
            named = {"behavioural": list(beside)} if beside else {}
            return arm_of({"name": text, "start": start, **named})
        except InputError as error:
            faults = faults or list(error.faults)
    where = f"{row.where}, arm"
    raise InputError([Fault(where, f.expected, f.found, f.fix) for f in faults])


def detoxified_studies(plan: Plan, rows: Iterable[Observed]) -> frozenset[str]:
    """Named studies that gave naltrexone to some: their people on a placebo or without medicine were detoxified as well."""
    found = set()
    for row in rows:
        try:
            arm = arm_of_row(plan, row)
        except InputError:
            continue
        if row.study and _antagonist(arm):
            found.add(row.study)
    return frozenset(found)


def placed(
    plan: Plan, arm: PlanArm, row: Observed, detoxified: frozenset[str]
) -> tuple[PlanArm, Characteristics, float]:
    """The arm, the people and the supply of a row, as its study had them; what the row does not tell is as the plan has it.

    Args:
        plan: the plan.
        arm: of the row.
        row: an observed statistic, of which everything is read but what was observed.
        detoxified: `detoxified_studies`.
    """
    told = setting_of(row.setting, row.study)
    who = plan.characteristics
    if told.prescribed:
        who = replace(who, prescribed=1.0)
    who = replace(who, homeless=told.homeless or who.homeless, justice=told.justice or who.justice)
    # Most trials of naltrexone begin with people who are detoxified already.
    before = told.detoxified or not row.told or told.abstinent
    if before and arm.detoxification_d and arm.start != DETOXIFICATION:
        arm = replace(arm, name=f"{arm.name}, detoxified before", detoxification_d=0.0)
    inert = arm.start in (PLACEBO, UNTREATED) and row.study in detoxified
    if (told.abstinent or inert) and not arm.begins and not arm.detoxification_d:
        name = f"{arm.name}, abstinent {told.abstinent_d:g} d"
        arm = replace(arm, name=name, begins=ABSTINENT, abstinent_d=told.abstinent_d)
    if told.routine:
        arm = replace(arm, name=f"{arm.name}, routine care", setting=ROUTINE)
    elif arm.setting in ("", TRIAL) and told.elsewhere:
        arm = replace(arm, name=f"{arm.name}, another trial", setting=ELSEWHERE)
    elif not arm.setting:
        where = TRIAL if told.calibrated else UNKNOWN
        arm = replace(arm, name=f"{arm.name}, setting: {where}", setting=where)
    if told.fixed:
        arm = replace(arm, name=f"{arm.name}, fixed dose", dosing=FIXED)
    if not row.told and not told.calibrated:
        arm = replace(arm, name=f"{arm.name}, nothing told", untold=judged("untold"))
    return arm, who, 0.0 if told.heroin else plan.fentanyl


def assumed(each: Iterable[tuple[Observed, PlanArm]]) -> Iterator[str]:
    """What was assumed of rows that do not say it, and how to say it.

    Args:
        each: rows with the arm for which they are predicted.
    """
    rows = list(each)
    for setting, words in _SETTINGS.items():
        bare = [row for row, arm in rows if not row.study and arm.setting == setting]
        bare = [row for row in bare if not (setting == ROUTINE and setting_of(row.setting).routine)]
        if bare:
            yield (
                f"{_many(bare)} no study, so people leave {words}. Name the study in a column `study` (people of another trial "
                "than CTN-0027 then leave as in trials of others), or give the arm of the plan its `setting` "
                '("trial" as in CTN-0027, "other trials" or "routine care").'
            )
    if any(not row.told for row, _ in rows):
        yield (
            "The file has no column `setting`, `population`, `design` or `note` that tells of the people: naltrexone begins after "
            "detoxification, doses are set for each person, and intervals are wider for what is not told."
        )


def _many(rows: list[Observed]) -> str:
    names = ", ".join(row.id for row in rows[:3]) + (", ..." if len(rows) > 3 else "")
    return f"{len(rows)} rows ({names}) name" if len(rows) > 1 else f"Row {names} names"


def _antagonist(arm: PlanArm) -> bool:
    return arm.start not in (PLACEBO, UNTREATED, DETOXIFICATION) and bool(
        needs_detoxification(arm.start)
    )
