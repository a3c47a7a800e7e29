"""What must be said of a study before anything else: doses beyond labels and reports, and mixtures that nobody measured.

These are words on safety, not results. They tell a reader what a dose means and never what to do with a medicine.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from speciosa import facts
from speciosa.errors import InputError
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.daily import (
    DailyLimit,
    Taken,
    daily_limits,
    daily_mg,
    daily_mme,
    mme_caution,
)
from speciosa.pharmacology.dosing import schedule
from speciosa.study.endpoints import FREE_BREATHING, OutcomeDefinition
from speciosa.study.question.schema import Arm, Study

BREATHING = {"ventilation_fraction", *FREE_BREATHING}
"""Effects that are breathing, or follow from it at once."""
EMERGENCY = (
    "Overdose? Call the emergency number (112 or 911), give naloxone, help the breathing. "
    "Not covered: pregnancy, children, an acute crisis."
)
"""Stands in every report and on every page of the app."""
TOLERANT_MME = 60.0
"""Habitual use from which labels call a person tolerant, MME a day."""
_SEDATIVE = ("benzodiazepine", "gabapentinoid", "alpha-2", "opioid agonist", "opioid partial")
_KRATOM = ("mitragynine", "7_hydroxymitragynine", "mitragynine_pseudoindoxyl")
ROUNDING = 0.01
"""Labels round."""
_TRACE = 0.05
"""Share of the mitragynine of a leaf below which another alkaloid of it is not spoken of."""
_DEATH = "Beyond such doses breathing can stop; without help people die."


@dataclass(frozen=True, slots=True)
class Caution:
    """One sentence or two on an arm, with the key of the reference that they rest on, if on one.

    `unknown` marks what is said because nobody states a limit, not because one is passed.
    """

    arm: str
    text: str
    reference: str = ""
    unknown: bool = False

    def __str__(self) -> str:
        return f"{self.arm}: {self.text}"


def cautions(study: Study) -> tuple[Caution, ...]:
    r"""Everything that must be said of the doses of a study.

    Example:
        >>> from speciosa.study.question.read import parse_study
        >>> text = 'title="x"\nquestion="q"\n[[arms]]\nname="a"\nregimen="2 g morphine oral every 4 h x 6"\nconfirm="meant"'
        >>> [one.text[:54] for one in cautions(parse_study(text))]
        ['12000 mg of morphine a day, 100 times the 120 mg a day']
    """
    return tuple(one for arm in study.arms for one in _of_arm(study, arm))


def sedatives_with_kratom(substances: tuple[str, ...]) -> tuple[str, ...]:
    """What of a mixture slows breathing or wakefulness beside kratom; empty where the mixture holds no kratom.

    Example:
        >>> sedatives_with_kratom(("mitragynine", "midazolam")), sedatives_with_kratom(("midazolam",))
        (('midazolam',), ())
    """
    if not set(substances) & set(_KRATOM):
        return ()
    return tuple(name for name in substances if facts.substance(name).group.startswith(_SEDATIVE))


def never_measured(outcome: OutcomeDefinition, substances: tuple[str, ...]) -> bool:
    """Whether an outcome is one of breathing, and the mixture one of kratom and a sedative, which nobody measured together."""
    return outcome.output in BREATHING and bool(sedatives_with_kratom(substances))


def _of_arm(study: Study, arm: Arm) -> Iterator[Caution]:
    try:
        taken, given = daily_mg(arm.doses), schedule(arm.doses).substances
    except InputError:
        return  # told where the study is checked
    both = f"{study.population.covariates}; {arm.covariates}"
    history = describe(both)[0].values.get("opioid_history", 0.0)
    told = [*_beyond(arm, taken, history)]
    yield from told
    if not any(_DEATH in one.text for one in told):
        yield from _equivalents(study, arm, taken)
    others = sedatives_with_kratom(given)
    if others:
        yield Caution(
            arm.name,
            f"nobody measured the breathing of people after kratom together with {_listed(others)}, and most deaths with kratom "
            "are deaths with other drugs. A small fall of breathing in these figures is no sign that the mixture is safe.",
            "suriaga2024associations",
        )


def _beyond(arm: Arm, taken: Taken, history_mme: float) -> Iterator[Caution]:
    tolerant = history_mme >= TOLERANT_MME
    for (substance, route), mg in taken.items():
        limits = daily_limits(substance, route)
        over = [
            limit
            for limit in limits
            if mg > limit.mg * (1 + ROUNDING)
            and not (tolerant and limit.kind == "label_dose_tolerant_only")
        ]
        if over:
            yield Caution(arm.name, _sentence(substance, mg, over[0]), over[0].reference)
        elif route and not limits and _unlabelled(substance, route, taken):
            yield Caution(
                arm.name,
                f"{_amount(mg)} of {_name(substance)} a day; no label and no study in these facts states a largest daily dose.",
                unknown=True,
            )


def _unlabelled(substance: str, route: str, taken: Taken) -> bool:
    """Whether something of kratom is taken for its own sake, of which neither label nor study tells."""
    leaf = taken.get(("mitragynine", route), 0.0)
    return substance in _KRATOM and taken[substance, route] > _TRACE * leaf


def _sentence(substance: str, mg: float, limit: DailyLimit) -> str:
    most = {
        "label_dose_daily_max": f"the largest daily dose that labels state, {limit.mg:g} mg",
        "label_dose_daily_effective_max": f"the upper end of the daily doses that labels call effective, {limit.mg:g} mg",
        "label_dose_tolerant_only": f"the {limit.mg:g} mg a day above which labels ask that a person is used to opioids",
        "reported_intake_max": f"what regular users take on average in the study with the largest intake, {limit.mg:g} mg",
    }[limit.kind]
    opioid = facts.substance(substance).group.startswith("opioid")
    return (
        f"{_amount(mg)} of {_name(substance)} a day, {mg / limit.mg:.3g} times {most}. "
        f"{_DEATH if opioid else f'What more can do: {limit.harm}.'} ({limit.fact})"
    )


def _equivalents(study: Study, arm: Arm, taken: Taken) -> Iterator[Caution]:
    if study.indication == "withdrawal":
        return  # doses that treat dependence are not judged by equivalents
    limit, total = mme_caution(), daily_mme(taken)
    if total > limit.mg:
        yield Caution(
            arm.name,
            f"{total:.3g} mg of morphine equivalents a day; from {limit.mg:g} mg guidelines urge caution, as overdose is more "
            "frequent.",
            limit.reference,
        )


def _amount(mg: float) -> str:
    return f"{mg:.0f} mg" if mg >= 100 else f"{mg:.3g} mg"


def _name(substance: str) -> str:
    return (
        facts.substance(substance).name.lower()
        if substance.isalpha()
        else facts.substance(substance).name
    )


def _listed(names: tuple[str, ...]) -> str:
    told = [_name(name) for name in names]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
