"""Whether a study can be run: products, patients, outcomes, times and size, each fault with its place."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files

from speciosa import facts
from speciosa.errors import Fault, InputError, UnknownNameError, nearest
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.daily import stated_share
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.limits import AT_ONCE_H, TIMES, WEIGHT_KG, danger, largest_dose
from speciosa.regimen import Regimen
from speciosa.study.endpoints import FOLLOWED_H, FREE_BREATHING, definitions, wanted
from speciosa.study.question.schema import Arm, Study

Path = tuple[str | int, ...]
_BYTES_A_VALUE = 8
_SHARE_OF_MEMORY = 0.5


def check(study: Study) -> Iterator[tuple[Path, Fault]]:
    """Every reason why `study` cannot be run, with the path of the entry in the file."""
    yield from _covariates(("population", "covariates"), study.population.covariates)
    for number, arm in enumerate(study.arms):
        yield from _arm(study, number, arm)
    yield from _fits(study)
    yield from _names(
        ("follow_up", "outcomes"), "outcome", study.follow_up.outcomes, tuple(definitions())
    )
    known = (*networks(), *_tables_of_arms())
    yield from _names(("evidence", "networks"), "network", study.evidence.networks, known)
    yield from _criteria(study)
    yield from _followed(study)
    yield from _size(study)


@lru_cache(maxsize=1)
def networks() -> tuple[str, ...]:
    """Names of the networks of trials that can stand beside a simulation: the project's, and tables of arms without a definition.

    Example:
        >>> networks()[0], "acute_pain" in networks()
        ('oud_retention', True)
    """
    from speciosa.evidence.ledger.network_definitions import definition_of, definitions

    own = tuple(name for name in _tables_of_arms() if not definition_of(name))
    return (*definitions(), *own)


def _tables_of_arms() -> tuple[str, ...]:
    """Names that networks of arms have in the table of facts."""
    return tuple(dict.fromkeys(facts.table("trial-arms")["network"]))


def values_kept(study: Study) -> int:
    """How many numbers a run holds in memory at once: each outcome of each patient, draw and arm."""
    outcomes = len(wanted(study.follow_up.outcomes, study.indication)) + 4
    return len(study.arms) * study.population.patients * study.population.draws * outcomes


def _covariates(path: Path, text: str) -> Iterator[tuple[Path, Fault]]:
    for fault in describe(text)[1]:
        yield path, fault
    said: dict[str, str] = {}
    for pair in text.split(";"):
        for name in describe(pair)[0].values:
            if name in said:
                found = f"{said[name]} and {pair.strip()}"
                yield path, Fault(name, f"{name} once", found, "Leave one of them out.")
            said[name] = pair.strip()


def _fits(study: Study) -> Iterator[tuple[Path, Fault]]:
    """Fits of substances that no arm gives, and two of one."""
    given: set[str] = set()
    for arm in study.arms:
        with suppress(InputError):
            given |= set(schedule(arm.doses).substances)
    seen: set[str] = set()
    for number, one in enumerate(study.fitted):
        path: Path = ("fitted", number, "substance")
        if one.substance in seen:
            yield path, Fault("substance", "one fit of each substance", one.substance)
        elif one.parameters and one.substance not in given:
            expected = f"a substance that an arm gives: {', '.join(sorted(given))}"
            yield path, Fault("substance", expected, repr(one.substance))
        seen.add(one.substance)


def _arm(study: Study, number: int, arm: Arm) -> Iterator[tuple[Path, Fault]]:
    path: Path = ("arms", number)
    yield from _covariates((*path, "covariates"), arm.covariates)
    for key, regimen in _regimens(arm):
        for fault in _regimen(regimen, confirmed=bool(arm.confirm or study.confirm)):
            yield (*path, key), fault
    yield from _times(study, path, arm)
    for key in arm.source:
        try:
            facts.reference(key)
        except UnknownNameError as error:
            near = f"Did you mean {error.nearest[0]}?" if error.nearest else ""
            yield (*path, "source"), Fault("source", "a key of the references", repr(key), near)


def _times(study: Study, path: Path, arm: Arm) -> Iterator[tuple[Path, Fault]]:
    """Doses before the beginning or after the end of follow-up, and a taper that has no time."""
    own = arm.treatment
    repeated = any(dose.count > 1 for dose in own.doses)
    late = "Follow the patients for longer."
    end = f"a time before the end of follow-up ({study.follow_up.until})"
    if arm.taper and not repeated:
        expected = "a regimen with repeated doses"
        yield (*path, "taper"), Fault("taper", expected, arm.regimen, "Leave the taper out.")
    for key, plan in _regimens(arm):
        if any(dose.at_h < 0 for dose in plan.doses):
            first = min(dose.at_h for dose in plan.doses)
            yield (*path, key), Fault("first dose", "a time of 0 h or later", f"{first:g} h")
        if plan.last_h >= study.until_h:
            yield (*path, key), Fault("last dose", end, f"{plan.last_h:g} h", late)
    if arm.taper and repeated and own.last_h < study.until_h < arm.stop_h:
        yield (*path, "taper"), Fault("end of the taper", end, f"{arm.stop_h:g} h", late)


def _regimens(arm: Arm) -> tuple[tuple[str, Regimen], ...]:
    """The regimens of an arm by the key of the study file that holds them."""
    return (("regimen", arm.treatment), ("comedication", arm.companions))


def _regimen(regimen: Regimen, *, confirmed: bool) -> Iterator[Fault]:
    try:
        plan = schedule(regimen)
    except InputError as error:
        yield from error.faults
        return
    for dose in plan.doses:
        substance = dose.way.substance
        grams = dose.nmol * facts.molar_mass(substance) * 1e-9
        grams *= WEIGHT_KG if dose.way.per_kg else 1.0
        group = facts.substance(substance).group
        kind = "opioid" if group.startswith(("opioid", "kratom")) else "other"
        most = _most_g().get(substance, _most_g()[kind])
        slow = dose.way.route == "iv" and (dose.over_h or 0.0) > AT_ONCE_H
        usual = None if slow else largest_dose(substance, dose.way.route)
        stated = stated_share(substance)
        found_mg = grams * 1e3 / stated
        usual_mg = 0.0 if usual is None else usual.mg / (1.0 if usual.labelled else stated)
        if usual is not None and grams <= most and found_mg > TIMES * usual_mg and not confirmed:
            yield Fault(
                f"dose of {substance}",
                f"at most {TIMES:g} times the largest dose labelled or reported, {usual_mg:.4g} mg ({usual.source})",
                f"{found_mg:.4g} mg{' of a person of 70 kg' if dose.way.per_kg else ''}",
                'Check the amount and its unit; if it is meant, say so in words: confirm = "...".',
            )
        if grams > most:
            yield Fault(
                f"dose of {substance}",
                f"at most {most:g} g of {substance} at once",
                f"{grams:.3g} g",
                "Check the amount and its unit.",
            )


@lru_cache(maxsize=1)
def _most_g() -> Mapping[str, float]:
    """The most of an opioid, of a substance by its name, and of any other, at once."""
    text = (files("speciosa.study") / "doses.toml").read_text(encoding="utf-8")
    return {kind: entry["most_g"] for kind, entry in tomllib.loads(text).items()}


def _names(
    path: Path, kind: str, given: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[tuple[Path, Fault]]:
    for name in given:
        if name not in known:
            near = nearest(name, known)
            fix = f"Did you mean {near[0]}?" if near else ""
            yield path, Fault(kind, "one of " + ", ".join(known), repr(name), fix)


def _criteria(study: Study) -> Iterator[tuple[Path, Fault]]:
    known = definitions()
    for number, criterion in enumerate(study.benefit_risk.criteria):
        path: Path = ("benefit_risk", "criteria", number)
        yield from _names((*path, "outcome"), "outcome", (criterion.outcome,), tuple(known))
        definition = known.get(criterion.outcome)
        rises = criterion.best > criterion.worst
        if definition and rises != (definition.direction == "benefit"):
            less = "more" if definition.direction == "benefit" else "less"
            yield (
                path,
                Fault(
                    criterion.outcome,
                    f"a best level that is {less} than the worst (a {definition.direction})",
                    f"worst {criterion.worst:g}, best {criterion.best:g}",
                ),
            )


def dangers(study: Study) -> Iterator[str]:
    """A warning for each arm whose doses stop the breathing of more than one in a thousand people."""
    for arm in study.arms:
        both = f"{study.population.covariates}; {arm.covariates}"
        history = describe(both)[0].values.get("opioid_history", 0.0)
        try:
            times = danger(schedule(arm.doses), history)
        except InputError:
            continue
        if times >= 1:
            who = f"with {history:g} MME a day" if history else "who never used opioids"
            yield (
                f"{arm.name}: warning: {times:.2g} times the dose that stops the breathing of 1 in 1,000 people {who}; "
                "the report will say how many of the virtual people stop breathing."
            )


def _followed(study: Study) -> Iterator[tuple[Path, Fault]]:
    """Outcomes of free breathing, which is followed second by second, in a study that is too long for it."""
    known = definitions()
    for name in study.follow_up.outcomes:
        if name in known and known[name].output in FREE_BREATHING and study.until_h > FOLLOWED_H:
            yield (
                ("follow_up", "until"),
                Fault(
                    f"follow-up with {name}",
                    f"at most {FOLLOWED_H:g} h, in which breathing is followed second by second",
                    study.follow_up.until,
                    "Ask for it in a study of the hours after a dose.",
                ),
            )


def _size(study: Study) -> Iterator[tuple[Path, Fault]]:
    if not {*study.follow_up.outcomes} <= {*definitions()}:
        return  # named above
    need = values_kept(study) * _BYTES_A_VALUE
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if need > _SHARE_OF_MEMORY * have:
        yield (
            ("population",),
            Fault(
                "patients x draws x arms",
                f"at most {_SHARE_OF_MEMORY * have / 1e9:.0f} GB of results on this computer",
                f"{study.population.patients} x {study.population.draws} x {len(study.arms)}, {need / 1e9:.0f} GB",
                "Ask for fewer patients or draws.",
            ),
        )
