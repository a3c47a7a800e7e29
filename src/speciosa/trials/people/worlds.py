"""The arms of a trial as they are solved: as written, continued or stopped after a run-in, or one after the other."""

from dataclasses import replace

from speciosa.regimen import Dose, Regimen
from speciosa.study.question.schema import Arm
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_hours


def until(regimen: Regimen, stop_h: float) -> Regimen:
    """The doses that begin before a time.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> until(parse_regimen("10 mg morphine oral every 6 h x 8"), 12.0).doses[0].count
        2
    """
    kept = []
    for dose in regimen.doses:
        count = sum(1 for time in dose.times_h if time < stop_h)
        if count == dose.count:
            kept.append(dose)
        elif count == 1:
            kept.append(replace(dose, count=1, every_h=None))
        elif count:
            kept.append(replace(dose, count=count))
    return Regimen(tuple(kept))


def solved_arms(trial: Trial) -> tuple[Arm, ...]:
    """The arms of the pool.

    Of a withdrawal trial the reference is the other arm, stopped (or tapered) when people are randomised. Of a crossover they
    are the two orders of its treatments, the reference last and first, so that what is carried over comes from the mechanism.
    """
    kind = trial.design.kind
    if kind == "withdrawal":
        return _withdrawn(trial)
    if kind == "crossover":
        return _crossed(trial)
    arms = tuple(
        Arm(**{key: getattr(arm, key) for key in arm.model_fields_set if key in Arm.model_fields})
        for arm in trial.arms
    )
    return (*arms, *_sequences(trial)) if kind == "smart" else arms


def followed_by(arm: Arm, doses: Regimen, when_h: float, end_h: float) -> Arm:
    """An arm whose treatment stops at a time, from which other doses follow until the end."""
    first = until(arm.treatment, when_h)
    then = until(Regimen(tuple(_later(dose, when_h) for dose in doses.doses)), end_h)
    return Arm(
        name=arm.name,
        regimen=_words(Regimen((*first.doses, *then.doses))),
        comedication=arm.comedication,
        covariates=arm.covariates,
        confirm=arm.confirm,
    )


def _sequences(trial: Trial) -> list[Arm]:
    """What follows each first treatment in those who do not answer, in the order of treatments and options."""
    when, found = read_hours(trial.design.decide), []
    for arm in trial.arms:
        for option in trial.options_after(arm.name):
            first = arm.treatment if option.added else until(arm.treatment, when)
            then = [_later(dose, when) for dose in option.treatment.doses]
            found.append(
                Arm(
                    name=f"{arm.name}, then {option.name}",
                    regimen=_words(Regimen((*first.doses, *then))),
                    comedication=arm.comedication,
                    covariates=arm.covariates,
                    confirm=arm.confirm or option.confirm,
                )
            )
    return found


def _withdrawn(trial: Trial) -> tuple[Arm, ...]:
    drug = next(arm for arm in trial.arms if arm.name != trial.reference)
    stopped = _words(until(drug.treatment, trial.design.begin_h))
    found = []
    for arm in trial.arms:
        if arm.name == trial.reference:
            found.append(
                Arm(
                    name=arm.name, regimen=stopped, taper=trial.design.taper,
                    comedication=drug.comedication, covariates=drug.covariates, confirm=drug.confirm,
                )
            )  # fmt: skip
        else:
            found.append(
                Arm(
                    name=arm.name,
                    regimen=arm.regimen,
                    comedication=arm.comedication,
                    covariates=arm.covariates,
                    confirm=arm.confirm,
                )
            )
    return tuple(found)


def treatments_of(trial: Trial) -> tuple[Arm, ...]:
    """The treatments of a crossover, the reference last."""
    rest = [arm for arm in trial.arms if arm.name != trial.reference]
    return (*rest, next(arm for arm in trial.arms if arm.name == trial.reference))


def orders_of(trial: Trial) -> tuple[tuple[int, ...], ...]:
    """The orders of the treatments of a crossover, by their numbers.

    Of more than two treatments those of Williams, in which each follows each other one equally often (Williams EJ. Aust J Sci Res A
    1949;2:149, doi:10.1071/CH9490149).
    """
    many = len(trial.arms)
    if many == 2:
        return ((0, 1), (1, 0))
    return williams_square(many)


def williams_square(many: int) -> tuple[tuple[int, ...], ...]:
    """Orders of treatments balanced for what goes before: as many as treatments, twice as many where their number is odd.

    Example:
        >>> williams_square(4)
        ((0, 3, 1, 2), (1, 0, 2, 3), (2, 1, 3, 0), (3, 2, 0, 1))
    """
    first = [0]
    for step in range(1, many):
        first.append((many - (step + 1) // 2) % many if step % 2 else step // 2)
    rows = [tuple((n + shift) % many for n in first) for shift in range(many)]
    return (*rows, *(tuple(reversed(row)) for row in rows)) if many % 2 else tuple(rows)


def _crossed(trial: Trial) -> tuple[Arm, ...]:
    period, times = read_hours(trial.design.period), trial.design.times_h
    treatments, found = treatments_of(trial), []
    for order in orders_of(trial):
        doses = []
        for place, number in enumerate(order):
            begin = times[place + 1] - period
            doses += [_later(dose, begin) for dose in until(treatments[number].treatment, period).doses]  # fmt: skip
        found.append(
            Arm(
                name=", then ".join(treatments[number].name for number in order),
                regimen=_words(Regimen(tuple(doses))),
                covariates=treatments[0].covariates,
                confirm=next((t.confirm for t in treatments if t.confirm), ""),
            )
        )
    return tuple(found)


def _later(dose: Dose, by_h: float) -> Dose:
    return replace(dose, at_h=dose.at_h + by_h)


def _words(regimen: Regimen) -> str:
    return str(regimen) if regimen.doses else "none"
