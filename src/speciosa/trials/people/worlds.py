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
    return tuple(
        Arm(**{key: getattr(arm, key) for key in arm.model_fields_set if key in Arm.model_fields})
        for arm in trial.arms
    )


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


def _crossed(trial: Trial) -> tuple[Arm, ...]:
    period = read_hours(trial.design.period)
    second = trial.design.times_h[-1] - period
    drug = next(arm for arm in trial.arms if arm.name != trial.reference)
    other = next(arm for arm in trial.arms if arm.name == trial.reference)
    found = []
    for one, two in ((drug, other), (other, drug)):
        first = until(one.treatment, period).doses
        then = [_later(dose, second) for dose in until(two.treatment, period).doses]
        found.append(
            Arm(
                name=f"{one.name}, then {two.name}",
                regimen=_words(Regimen((*first, *then))),
                covariates=drug.covariates,
                confirm=one.confirm or two.confirm,
            )
        )
    return tuple(found)


def _later(dose: Dose, by_h: float) -> Dose:
    return replace(dose, at_h=dose.at_h + by_h)


def _words(regimen: Regimen) -> str:
    return str(regimen) if regimen.doses else "none"
