"""What an arm gives, in a reader's words: dose, dose a day, oral morphine equivalents."""

from dataclasses import dataclass

from speciosa import facts, units
from speciosa.comparison.trial_figures import own_substances, substances_of
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
    if not regimen.doses:
        return text("dose.none")
    repeated = [dose for dose in regimen.doses if dose.every_h and dose.count > 1]
    if not repeated:
        return " + ".join(
            text("dose.once", amount=_amount(dose.amount, dose.unit)) for dose in regimen.doses
        )
    last = repeated[-1]
    amount = _amount(last.amount, last.unit)
    if "/" in last.unit and last.over_h and last.every_h and last.over_h >= last.every_h:
        return text("dose.rate", amount=amount)
    dose = text("dose.every", amount=amount, hours=_span(last.every_h or 0.0))
    a_day = 24 / (last.every_h or 24.0)
    if a_day > 1:
        dose += ", " + text("dose.daily", amount=_amount(last.amount * a_day, last.unit))
    return text("dose.up_to", dose=dose) if len(regimen.doses) > 1 else dose


def _companion(dose: Dose) -> str:
    name = product(dose.product).name if dose.product and _is_product(dose.product) else ""
    found = name or (dose.product or "").replace("_", " ")
    return f"{_amount(dose.amount, dose.unit)} {found[:1].lower()}{found[1:]}"


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
    groups = {str(facts.substance(name).group) for name in mine}
    if not any(g.startswith("opioid") and "antagonist" not in g or "kratom" in g for g in groups):
        return ""
    total = daily_equivalents(arm)
    if total is None:
        return text("dose.no_equivalents")
    return text("dose.equivalents", mg=plain(total, 2).removesuffix(".0"))


def daily_equivalents(arm: Arm) -> float | None:
    """Milligrams of oral morphine that the doses of a day at the end of treatment are counted as; None without a factor."""
    repeated = [dose for dose in arm.treatment.doses if dose.every_h]
    if not repeated:
        return None
    last = repeated[-1]
    names = [
        s
        for s in substances_of(last.product or "")
        if "antagonist" not in str(facts.substance(s).group)
    ]
    if len(names) != 1:
        return None
    try:
        if "/" in last.unit:
            return facts.mme(names[0], last.amount, last.unit).value
        mg = last.amount * units.factor(last.unit, "mg") * 24 / (last.every_h or 24.0)
        return facts.mme(names[0], mg).value
    except (FactError, InputError):
        return None
