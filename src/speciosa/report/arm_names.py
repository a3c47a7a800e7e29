"""What an arm gives, in a reader's words: dose, dose a day, oral morphine equivalents."""

from dataclasses import dataclass

from speciosa import facts, units
from speciosa.comparison.trial_figures import is_opioid, own_substances, substances_of
from speciosa.errors import FactError, InputError, UnknownNameError
from speciosa.facts.products import product
from speciosa.regimen import Dose, Regimen
from speciosa.report.number import plain
from speciosa.report.texts import text
from speciosa.study.question.schema import Arm


@dataclass(frozen=True)
class Label:
    """The name of an arm with what it gives.

    Attributes:
        name: as the study writes it.
        dose: such as ``15 mg every 6 h, 60 mg a day``; ``no drug``.
        equivalents: oral morphine of a day, or that none is agreed; empty for what is no opioid.
    """

    name: str
    dose: str
    equivalents: str

    @property
    def full(self) -> str:
        """Name, dose and equivalents in one line."""
        return "; ".join(part for part in (self.name, self.dose, self.equivalents) if part)


def label(arm: Arm) -> Label:
    """The label of an arm.

    Example:
        >>> found = label(Arm(name="Oxycodone", regimen="10 mg oxycodone oral every 6 h x 56"))
        >>> found.dose, found.equivalents
        ('10 mg every 6 h, 40 mg a day', 'equal to 60 mg of oral morphine a day')
    """
    parts = [_doses(arm.treatment)]
    if arm.taper:
        parts.append(text("dose.taper", time=arm.taper))
    after = [dose for dose in arm.companions.doses if 0 < arm.stop_h <= dose.at_h]
    beside = [dose for dose in arm.companions.doses if dose not in after]
    for key, doses in (("companion", beside), ("after", after)):
        if doses:
            parts.append(text(f"dose.{key}", doses=" + ".join(map(_companion, doses))))
    return Label(arm.name, ", ".join(parts), _equivalents(arm))


def _doses(regimen: Regimen) -> str:
    """What a regimen gives; of several products each by its name."""
    if not regimen.doses:
        return text("dose.none")
    by_product: dict[str, list[Dose]] = {}
    for dose in regimen.doses:
        by_product.setdefault(dose.product or "", []).append(dose)
    several = len(by_product) > 1
    return " + ".join(
        _of_one(doses, f" {_called(name)}" if several else "") for name, doses in by_product.items()
    )


def _of_one(doses: list[Dose], name: str) -> str:
    """The doses of one product: the last repeated one, with what comes before it if that is more."""
    repeated = [dose for dose in doses if dose.every_h and dose.count > 1]
    if not repeated:
        return " + ".join(text("dose.once", amount=_amount(d.amount, d.unit) + name) for d in doses)
    last = repeated[-1]
    amount = _amount(last.amount, last.unit) + name
    if "/" in last.unit and last.over_h and last.every_h and last.over_h >= last.every_h:
        return text("dose.rate", amount=amount)
    dose = text("dose.every", amount=amount, hours=_span(last.every_h or 0.0))
    a_day = 24 / (last.every_h or 24.0)
    if a_day > 1:
        dose += ", " + text("dose.daily", amount=_amount(last.amount * a_day, last.unit))
    if len(doses) == 1:
        return dose
    first = doses[0]
    if first.unit == last.unit and first.amount > last.amount:
        return text("dose.first", first=_amount(first.amount, first.unit), dose=dose)
    return text("dose.up_to", dose=dose)


def _called(name: str) -> str:
    """A product in words, without what its label counts.

    Example:
        >>> _called("naltrexone_depot"), _called("7oh_tablet")
        ('naltrexone microspheres', '7-Hydroxymitragynine tablet')
    """
    found = product(name).name.split(",")[0] if _is_product(name) else name.replace("_", " ")
    return found if found[:1].isdigit() else f"{found[:1].lower()}{found[1:]}"


def _companion(dose: Dose) -> str:
    return f"{_amount(dose.amount, dose.unit)} {_called(dose.product or '')}"


def _is_product(name: str) -> bool:
    try:
        product(name)
    except UnknownNameError:
        return False
    return True


def _amount(amount: float, unit: str) -> str:
    return f"{plain(amount, 3).rstrip('0').rstrip('.') if '.' in plain(amount, 3) else plain(amount, 3)} {unit}"


def _span(every_h: float) -> str:
    """An interval of doses.

    Example:
        >>> _span(6.0), _span(24.0), _span(168.0)
        ('6 h', 'day', '7 days')
    """
    if every_h == 24:
        return "day"
    if every_h > 24 and every_h % 24 == 0:
        return f"{every_h / 24:g} days"
    return f"{every_h:g} h"


def _equivalents(arm: Arm) -> str:
    mine = own_substances(arm)
    if not any(is_opioid(name) or _of_kratom(name) for name in mine):
        return ""
    total = daily_equivalents(arm)
    if total is None:
        return text("dose.no_equivalents")
    return text("dose.equivalents", mg=plain(total, 2).removesuffix(".0"))


def daily_equivalents(arm: Arm) -> float | None:
    """Milligrams of oral morphine that the doses of a day at the end of treatment are counted as; None without a factor.

    Example:
        >>> both = "10 mg hydrocodone oral every 6 h x 8; 325 mg acetaminophen oral every 6 h x 8"
        >>> daily_equivalents(Arm(name="both", regimen=both))
        40.0
    """
    last = {dose.product or "": dose for dose in arm.treatment.doses if dose.every_h}
    counted = [dose for dose in last.values() if _opioids(dose)]
    found = [_daily_equivalent(dose) for dose in counted]
    known = [value for value in found if value is not None]
    return sum(known) if known and len(known) == len(found) else None


def _opioids(dose: Dose) -> list[str]:
    """What of a dose is an opioid and no antagonist, kratom among them."""
    names = substances_of(dose.product or "")
    return [name for name in names if is_opioid(name) or _of_kratom(name)]


def _of_kratom(substance: str) -> bool:
    return "kratom" in str(facts.substance(substance).group)


def _daily_equivalent(dose: Dose) -> float | None:
    names = _opioids(dose)
    if len(names) != 1:
        return None
    try:
        if "/" in dose.unit:
            return facts.mme(names[0], dose.amount, dose.unit).value
        mg = dose.amount * units.factor(dose.unit, "mg") * 24 / (dose.every_h or 24.0)
        return facts.mme(names[0], mg).value
    except (FactError, InputError):
        return None
