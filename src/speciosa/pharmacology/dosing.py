"""Dosing: a regimen of products as doses of substances, in nmol of base, on the dose targets of a model.

A product holds one substance or, as leaf and extracts do, several; its content per gram or per milligram is known only
up to the lot, which is carried as an uncertain factor of 1 on what is given. Amounts per kilogram become amounts per
unit of body weight in the model, so that each virtual patient gets their own dose. A patch is dosed as a rate; what it
releases beyond a constant one at first (it fills the skin) is given as a second dose beside it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from speciosa import units
from speciosa.errors import Fault, InputError
from speciosa.facts.products import Content, Form, form_of
from speciosa.facts.sheets.sheet import Absorption, sheet
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.regimen import Dose, Regimen


@dataclass(frozen=True, slots=True)
class SubstanceDose:
    """Doses of one substance by one way, all alike.

    Attributes:
        way: where they enter.
        nmol: amount of base of each, per kilogram where the way says so.
        at_h: when the first begins.
        every_h: hours between them.
        count: how many.
        over_h: hours over which each is given at a constant rate; none for the way's own.
        relative: bioavailability of this dose over that of the reference dose, where it depends on the dose.
        loading: what a patch releases beyond its constant rate at first.
    """

    way: Way
    nmol: float
    at_h: float = 0.0
    every_h: float | None = None
    count: int = 1
    over_h: float | None = None
    relative: float = 1.0
    loading: "Loading | None" = None

    @property
    def parts(self) -> tuple[tuple[float, float | None], ...]:
        """What enters of each dose, nmol, and over how many hours: all of it, or the constant part of a patch and the loading.

        Example:
            >>> patch = SubstanceDose(Way("fentanyl", "transdermal"), 720.0, over_h=72.0, loading=Loading(0.1, 5.0, 72.0))
            >>> patch.parts
            ((648.0, 72.0), (72.0, 5.0))
        """
        if self.loading is None or self.over_h is None:
            return ((self.nmol, self.over_h),)
        share, hours, wear = self.loading.share, self.loading.over_h, self.loading.wear_h
        worn = min(hours, self.over_h)
        first = self.nmol / self.over_h * wear * share * worn / hours
        return ((self.nmol * (1 - share), self.over_h), (first, worn))

    @property
    def times_h(self) -> tuple[float, ...]:
        """When each begins."""
        return tuple(self.at_h + i * (self.every_h or 0.0) for i in range(self.count))


@dataclass(frozen=True, slots=True)
class Loading:
    """What a patch releases beyond its constant rate at first.

    Attributes:
        share: of what it releases while worn as labelled.
        over_h: hours over which it does.
        wear_h: hours for which it is worn as labelled.
    """

    share: float
    over_h: float
    wear_h: float


@dataclass(frozen=True)
class SubstanceDoses:
    """All that is given, by substance."""

    doses: tuple[SubstanceDose, ...]

    @property
    def substances(self) -> tuple[str, ...]:
        """What is given, each once, in order of first mention."""
        return tuple(dict.fromkeys(dose.way.substance for dose in self.doses))

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in that are used."""
        return tuple(dict.fromkeys(dose.way for dose in self.doses))

    def regimen(self, targets: Collection[str] | None = None) -> Regimen:
        """The same as a regimen whose products are the dose targets of a model of `assembly.system`.

        Args:
            targets: the dose targets that the model has; doses of what it leaves out, because nothing asked for
                depends on it, are left out too.
        """
        return Regimen(
            tuple(
                Dose(
                    nmol * dose.relative,
                    "nmol",
                    dose.way.target,
                    None,
                    dose.at_h,
                    dose.every_h,
                    dose.count,
                    over_h,
                )
                for dose in self.doses
                for nmol, over_h in dose.parts
                if targets is None or dose.way.target in targets
            )
        )


def schedule(regimen: Regimen) -> SubstanceDoses:
    """The doses of substances that a regimen of products means.

    Raises:
        InputError: every product, route or unit that cannot be used, with what can.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> plan = schedule(parse_regimen("10 mg morphine oral"))
        >>> plan.substances, round(plan.doses[0].nmol / 1000, 1)
        (('morphine',), 26.4)
    """
    doses: list[SubstanceDose] = []
    faults: list[Fault] = []
    for number, dose in enumerate(regimen.doses, start=1):
        where = f"dose {number} ({dose})"
        try:
            doses += _substances(dose, where)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return SubstanceDoses(tuple(doses))


def _substances(dose: Dose, where: str) -> Iterator[SubstanceDose]:
    if dose.product is None:
        raise InputError(Fault(where, "a product", "none"))
    form = form_of(dose.product, dose.route, where)
    for content in form.contents:
        yield _one(dose, form, content, where)


def _one(dose: Dose, form: Form, content: Content, where: str) -> SubstanceDose:
    entry = sheet(content.substance).entry(form.route, form.name)
    mass, per_kg, over_h = _amount(dose, entry, where)
    milligrams = mass * content.per_unit
    nmol = milligrams * 1e6 / sheet(content.substance).molar_mass.to("g/mol")
    way = Way(content.substance, form.route, form.name, per_kg, content.cv)
    relative = _dose_dependence(entry, milligrams, 70.0 if per_kg else 1.0)
    return SubstanceDose(
        way, nmol, dose.at_h, dose.every_h, dose.count, over_h, relative, _loading(entry)
    )


def _amount(dose: Dose, entry: Absorption, where: str) -> tuple[float, bool, float | None]:
    """Milligrams of product of one dose, whether per kilogram, and over how many hours."""
    unit, over_h = dose.unit, dose.over_h
    if unit in {"mg/kg", "ug/kg", "g/kg", "ng/kg", "mcg/kg"}:
        return dose.amount * units.factor(unit.removesuffix("/kg"), "mg"), True, over_h
    wear = any(path.over_wear for path in entry.paths)
    if _is(unit, "mg"):
        return (
            dose.amount * units.factor(unit, "mg"),
            False,
            over_h if over_h or not wear else _wear(entry),
        )
    for rate, per_kg in (("mg/h", False), ("mg/kg/h", True)):
        if _is(unit, rate, per_kg):
            hours = over_h or (_wear(entry) if wear else None) or dose.every_h
            if hours is None:
                raise InputError(
                    Fault(
                        f"{where}, over",
                        f"how long {dose.amount:g} {unit} is given",
                        "nothing",
                        "Write 'over 24 h'.",
                    )
                )
            plain = unit.replace("/kg", "", 1) if per_kg else unit
            return dose.amount * units.factor(plain, "mg/h") * hours, per_kg, hours
    raise InputError(
        Fault(f"{where}, unit", "a mass (mg), mass per weight (mg/kg) or rate (mg/h)", unit)
    )


def _is(unit: str, wanted: str, per_kg: bool = False) -> bool:
    if per_kg:
        if "/kg" not in unit:
            return False
        unit, wanted = unit.replace("/kg", "", 1), wanted.replace("/kg", "", 1)
    elif "/kg" in unit:
        return False
    try:
        units.factor(unit, wanted)
    except InputError:
        return False
    return True


def _wear(entry: Absorption) -> float | None:
    return entry.wear.to("h") if entry.wear is not None else None


def _loading(entry: Absorption) -> Loading | None:
    if entry.loading is None or entry.loading_time is None or entry.wear is None:
        return None
    return Loading(entry.loading.value, entry.loading_time.to("h"), entry.wear.to("h"))


def _dose_dependence(entry: Absorption, milligrams: float, weight: float) -> float:
    """(dose / reference)^power, where the bioavailability depends on the dose, bounded by the most that it can be."""
    if entry.F_dose_power is None or entry.F_reference_dose is None or milligrams <= 0:
        return 1.0
    ratio = milligrams * weight / entry.F_reference_dose.to("mg")
    most = entry.F_most.value if entry.F_most is not None else 1.0
    return float(min(ratio**entry.F_dose_power.value, most / entry.F.value))
