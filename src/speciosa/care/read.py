"""Reads a plan and names every fault in it, with its line."""

import math
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from speciosa.care.modifiers import modifiers
from speciosa.care.parameters import judged
from speciosa.care.people import Characteristics, groups
from speciosa.care.plan import (
    ABSTINENT,
    BEGINS,
    CALIBRATED_D,
    CONDITIONS,
    DETOXIFICATION,
    DOSING,
    FLEXIBLE,
    LONGEST_D,
    MOST_DRAWS,
    MOST_PEOPLE,
    OUTCOMES,
    PLACEBO,
    SCENARIOS,
    SETTINGS,
    UNTREATED,
    USING,
    Plan,
    PlanArm,
)
from speciosa.care.regimens import counted, needs_detoxification
from speciosa.delimited import text_of
from speciosa.errors import Fault, InputError, UnknownNameError, nearest
from speciosa.estimation.question.form import Form
from speciosa.facts.products import form_of
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.effect.effects import check, is_without
from speciosa.study.question.regimens import read_regimen
from speciosa.toml_lines import line_numbers
from speciosa.toml_text import read_toml
from speciosa.units import hours

SHIPPED = ("opioid-use-disorder", "chronic-pain")
STARTS = (UNTREATED, DETOXIFICATION, PLACEBO)
_FIX = 'Texts stand in quotes, as title = "Two years"; docs/plans.md has an example.'
_RATE = re.compile(r"\s*([0-9.eE+-]+)\s*(?:per|/|a)\s*(day|d|week|wk|month|mo|year|y)\s*")
_UNIT_D = {"day": 1.0, "d": 1.0, "week": 7.0, "wk": 7.0, "month": 30.4375, "mo": 30.4375, "year": 365.25, "y": 365.25}  # fmt: skip
_SPAN = re.compile(r"\s*([0-9.]+)\s*(months?|mo|years?|y|yr)\s*")
_MEAN = re.compile(r"\s*([0-9.]+)\s*(?:\(\s*([0-9.]+)\s*\))?\s*")
_MOST_ARMS = 40


def read_plan(source: str | Path) -> Plan:
    """Reads a plan, or one that ships with Speciosa by its name.

    Args:
        source: path of a TOML file, or a name of `SHIPPED`.

    Raises:
        InputError: every fault of the file.
        UnknownNameError: there is no such file or plan.

    Example:
        >>> read_plan("opioid-use-disorder").until_d
        728
    """
    path = Path(source)
    if str(source) in SHIPPED:
        text = (files("speciosa.care") / "shipped" / f"{source}.toml").read_text(encoding="utf-8")
        return parse_plan(text, f"{source}.toml")
    if path.is_dir():
        raise InputError(Fault(str(path), "a plan (TOML)", "a folder"))
    if not path.is_file():
        raise UnknownNameError("plan", str(source), SHIPPED)
    return parse_plan(text_of(path), path.name)


def parse_plan(text: str, name: str = "plan") -> Plan:
    """Reads the text of a plan; `name` stands in messages.

    Raises:
        InputError: every fault of the text.
    """
    faults: list[Fault] = []
    top = Form(name, (), read_toml(text, name, fix=_FIX), line_numbers(text), faults)
    title = top.text("title")
    population = top.inner("population")
    people = population.number("people", 1000, low=10, high=MOST_PEOPLE, whole=True)
    draws = population.number("draws", 100, low=2, high=MOST_DRAWS, whole=True)
    seed = population.number("seed", 1, low=0, high=2**62, whole=True)
    group, who = _who(population)
    supply = population.inner("supply")
    fentanyl = supply.number("fentanyl", 0.0, low=0.0, high=1.0)
    supply.end()
    habitual = _mme(population)
    condition = population.text("condition", CONDITIONS[0], CONDITIONS)
    population.end()
    follow_up = top.inner("follow_up")
    until = _span(follow_up, "until", low=28.0, high=LONGEST_D, default="1 y")
    outcomes = _outcomes(follow_up)
    follow_up.end()
    arms = tuple(_arms(top, condition == CONDITIONS[1]))
    top.end()
    if faults:
        raise InputError(faults)
    weeks = round(until / 7.0)
    return Plan(
        title, people, draws, seed, who, group, fentanyl, habitual, condition or CONDITIONS[0], arms, 7 * weeks, outcomes, text,
        tuple(_notes(until)),
    )  # fmt: skip


def _notes(until: float) -> Iterator[str]:
    if until > CALIBRATED_D:
        yield (
            f"Follow-up is {until / 365.25:.1f} years. Retention and use were calibrated on 24 weeks, deaths on cohorts of "
            "years: later retention and use are an extrapolation of the calibrated curves."
        )


def _who(form: Form) -> tuple[str, Characteristics]:
    known = groups()
    value = form.table.get("characteristics", "ctn-0027")
    if isinstance(value, str):
        name = form.text("characteristics", "ctn-0027", tuple(known))
        return name, known.get(name, known["ctn-0027"])
    inner = form.inner("characteristics")
    usual = known["ctn-0027"]
    age, spread = usual.age, usual.age_sd
    if "age" in inner.table:
        words = (
            inner.text("age") if isinstance(inner.table["age"], str) else str(inner.table["age"])
        )
        inner.asked.add("age")
        found = _MEAN.fullmatch(words)
        if found is None or not 18 <= float(found[1]) <= 80:
            inner.fault("age", 'a mean from 18 to 80 with its SD, such as "35 (10)"', words)
        else:
            age, spread = float(found[1]), float(found[2] or 0.0)
    shares = [
        inner.number(key, getattr(usual, key), low=0.0, high=1.0)
        for key in ("male", "injecting", "prescribed", "benzodiazepines", "homeless", "justice")
    ]
    inner.end()
    return "as stated", Characteristics(age, spread, *shares)


def _mme(form: Form) -> float:
    text = form.text("habitual_use", "120 MME")
    found = re.fullmatch(r"\s*([0-9.]+)\s*MME\s*", text)
    if found is None or not 20 <= float(found[1]) <= 1000:
        if text:
            form.fault("habitual_use", 'from 20 to 1000 MME a day, such as "120 MME"', text)
        return 120.0
    return float(found[1])


def _span(
    form: Form, key: str, *, low: float, high: float, default: Any = None, absent: float = 0.0
) -> float:
    """A time in days."""
    if key not in form.table and default is None:
        form.asked.add(key)
        return absent
    text = form.text(key, default)
    days = days_of(text)
    if days is None or not low <= days <= high:
        if text:
            wanted = f"a time with its unit (d, wk, month, y) from {low:g} to {high:g} d"
            form.fault(key, wanted, text)
        return max(low, absent)
    return days


def days_of(text: str) -> float | None:
    """A time in words in days; none where it cannot be read.

    Example:
        >>> days_of("2 y"), days_of("6 months"), days_of("week 4"), days_of("4")
        (730.5, 182.625, 28.0, None)
    """
    if turned := re.fullmatch(r"\s*(weeks?|wks?|months?|days?)\s+([0-9.]+)\s*", text.casefold()):
        text = f"{turned[2]} {turned[1]}"  # "week 24"
    found = _SPAN.fullmatch(text)
    if found is not None:
        return float(found[1]) * (365.25 if found[2][0] == "y" else 30.4375)
    if not re.search("[a-z]", text):
        return None
    try:
        return hours(re.sub(r"\bdays?\b", "d", re.sub(r"\bw(ee)?ks?\b", "week", text))) / 24.0
    except InputError:
        return None


def _outcomes(form: Form) -> tuple[str, ...]:
    wanted = form.texts("outcomes")
    for name in wanted:
        if name not in OUTCOMES:
            close = nearest(name, OUTCOMES)
            fix = f"Did you mean {close[0]}?" if close else ""
            form.fault("outcomes", "of " + ", ".join(OUTCOMES), name, fix)
    return tuple(wanted) or tuple(name for name in OUTCOMES if name != "qaly")


def _arms(top: Form, pain: bool) -> Iterator[PlanArm]:
    top.asked.add("arms")
    entries = top.table.get("arms", [])
    if not isinstance(entries, list) or not entries:
        top.fault("arms", "at least one part that begins with [[arms]]", entries)
        return
    if len(entries) > _MOST_ARMS:
        top.fault("arms", f"at most {_MOST_ARMS} arms", f"{len(entries)} arms")
        return
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            top.fault("arms", "a table", entry)
            continue
        form = Form(top.name, ("arms", number), entry, top.lines, top.faults)
        arm = _arm(form, pain)
        if arm.name in seen:
            form.fault("name", "a name of its own", arm.name)
        seen.add(arm.name)
        yield arm


def arm_of(table: dict[str, Any], name: str = "arm") -> PlanArm:
    """An arm from its entries alone.

    Raises:
        InputError: every fault of them.
    """
    faults: list[Fault] = []
    arm = _arm(Form(name, (), table, {}, faults))
    if faults:
        raise InputError(faults)
    return arm


def _arm(form: Form, pain: bool = False) -> PlanArm:
    start = _start(form, "start", pain)
    then = _start(form, "then", pain) if "then" in form.table else ""
    form.asked.add("then")
    if str(form.table.get("then", "")).strip().casefold() in (UNTREATED, DETOXIFICATION, "none"):
        form.fault("then", "a regimen or placebo; treatment that ends has `for` instead", then)
    after = _span(form, "after", low=1.0, high=LONGEST_D)
    if bool(then) != bool(after):
        form.fault("after" if then else "then", "both `then` and `after`", "one of them")
    lasts = _span(form, "for", low=1.0, high=LONGEST_D)
    taper = _span(form, "taper", low=1.0, high=LONGEST_D)
    if taper and (not lasts or taper > lasts):
        form.fault("taper", "a time within that of `for`", form.table["taper"])
    detox = _span(form, "detoxification", low=0.0, high=90.0, absent=_needs_detox(start))
    kinds = tuple(form.texts("behavioural"))
    for kind in kinds:
        if kind not in modifiers():
            form.fault("behavioural", "of " + ", ".join(modifiers()), kind)
    retention = tuple(form.texts("retention"))
    for scenario in retention:
        if scenario not in SCENARIOS:
            form.fault("retention", "of " + ", ".join(SCENARIOS), scenario)
    begins, abstinent = _begins(form, start, detox, pain)
    arm = PlanArm(
        form.text("name"), start, then, after, lasts or None, taper, detox, kinds,
        _returns(form), retention, _shares(form), form.text("setting", "", SETTINGS),
        form.text("dosing", FLEXIBLE, DOSING) or FLEXIBLE, begins=begins, abstinent_d=abstinent,
    )  # fmt: skip
    form.end()
    return arm


def _begins(form: Form, start: str, detox: float, pain: bool) -> tuple[str, float]:
    """Whether people use when they come, and for how many days they have not."""
    begins = form.text("begins", "", ("", *BEGINS)) if "begins" in form.table else ""
    form.asked.add("begins")
    days = _span(form, "abstinent_for", low=1.0, high=LONGEST_D)
    if days and begins != ABSTINENT:
        form.fault("abstinent_for", 'with begins = "abstinent"', form.table["abstinent_for"])
    if begins == ABSTINENT and (detox or pain):
        said = "people with chronic pain" if pain else "people who are detoxified in the plan"
        fix = "" if pain else 'Say detoxification = "0 d" where they come detoxified.'
        form.fault("begins", "an arm whose people come without use", said, fix)
    if begins == USING and not detox and start not in STARTS and needs_detoxification(start):
        form.fault("begins", "abstinent, since the medicine brings about withdrawal", begins)
    return begins, days


def _start(form: Form, key: str, pain: bool = False) -> str:
    """A regimen that goes on, or a state in which people start."""
    text = " ".join(str(form.text(key)).split())
    if pain and text.casefold() == PLACEBO:
        form.fault(key, "a regimen or untreated; a placebo was calibrated without pain", text)
        return UNTREATED
    if not text or text.casefold() in STARTS:
        return text.casefold()
    if text.casefold() == "none":
        return UNTREATED
    if not text[0].isdigit():
        close = nearest(text.casefold(), STARTS)
        fix = f"Did you mean {close[0]}?" if close else ""
        form.fault(key, "a regimen, placebo, untreated or detoxification", text, fix)
        return UNTREATED
    try:
        regimen = read_regimen(counted(text, 84))
        for dose in regimen.doses:
            form_of(dose.product or "", dose.route)
        substances = schedule(regimen).substances
        effect = "pain_nrs" if pain else "cows"
        check(substances, [effect])
        if all(is_without(name, effect) for name in substances):
            wanted = "pain" if pain else "withdrawal or the opioid receptor"
            raise InputError(Fault("product", f"a medicine with an effect on {wanted}", text))
    except InputError as error:
        where = form.where(key)
        form.faults.extend(
            Fault(f"{where}: {f.where}", f.expected, f.found, f.fix) for f in error.faults
        )
        return UNTREATED
    except UnknownNameError as error:
        form.fault(key, "a product with an effect model", str(error))
        return UNTREATED
    if any(dose.every_h is None for dose in regimen.doses):
        form.fault(key, "doses that go on, such as `daily` or `every 8 h`", text)
        return UNTREATED
    return text


def _needs_detox(start: str) -> float:
    """Days of detoxification before the first dose."""
    if start in STARTS or not start:
        return judged("detoxified") if start == DETOXIFICATION else 0.0
    return needs_detoxification(start)


def _returns(form: Form) -> str | float:
    text = form.text("return_to_treatment", "observed")
    if text in ("observed", "none", ""):
        return text or "observed"
    found = _RATE.fullmatch(text)
    try:
        rate = float(found[1]) / _UNIT_D[found[2]] if found else math.nan
    except ValueError:
        rate = math.nan
    if not 0.0 <= rate < 10.0:
        expected = 'observed, none, or a rate with its unit of time, such as "0.3 per month"'
        form.fault("return_to_treatment", expected, text)
        return "observed"
    return rate


def _shares(form: Form) -> float | None:
    """The share who use at once on leaving; the two ways out must not be more than all."""
    if "after_leaving" not in form.table:
        form.asked.add("after_leaving")
        return None
    inner = form.inner("after_leaving")
    using = inner.number("using", 0.0, low=0.0, high=1.0)
    clean = inner.number("abstinent", 1.0 - using, low=0.0, high=1.0)
    inner.end()
    if using + clean > 1.0 + 1e-9:
        form.fault(
            "after_leaving",
            "shares of competing events of at most 1 in all",
            f"{using + clean:g} in all",
        )
    return float(using)
