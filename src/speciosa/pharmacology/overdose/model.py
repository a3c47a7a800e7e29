r"""The published overdose model as one model: opioid, naloxone, receptor, breathing, arrest.

Opioid amounts $A_{1..3}$ in three compartments, effect site $L$ (pmol/L, of total plasma drug), naloxone by injection
or absorbed through transit, effect site $N$; receptor fractions

$$\dot a = k_{on} L^{n} (1-a-b) - k_{off}\,a,\qquad \dot b = k^N_{on} N^{n_N}(1-a-b) - k^N_{off}\,b$$

and what is left of the drives: wakefulness $w = 1-a^{P_3}$, chemoreflexes $x = 1-a^{P_1}$. Volumes of distribution
halve when blood flow exceeds 1.6 times its resting value.

All opioids and naloxone products share these equations and differ in parameters only, so one compiled kernel serves
every scenario. The receptor fraction here stands on total plasma concentrations and an in-vitro affinity; it is not
the occupancy that positron emission tomography sees, nor that of `receptors`.

Source: Mann J et al., Clin Pharmacol Ther 2022;112:1020, doi:10.1002/cpt.2696 (code of the authors).
"""

from functools import lru_cache
from types import MappingProxyType

import sympy
from sympy import Expr

from speciosa.errors import UnknownNameError
from speciosa.model import Equations, Model
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.breathing.physiology import TANKS, Physiology, overdose_physiology
from speciosa.pharmacology.breathing.smooth import positive

OPIOIDS = ("fentanyl", "carfentanil")
USERS = ("naive", "chronic")
NALOXONE = MappingProxyType(
    {
        "im_autoinjector": "naloxone 2 mg in 0.4 mL, auto-injector, intramuscular",
        "im_generic": "naloxone 2 mg in 2 mL, intramuscular",
        "intranasal": "naloxone 4 mg spray",
        "iv": "naloxone intravenous over 10 s",
    }
)
"""Naloxone products of the model."""

_OPIOID = {"kout": "1/h", "k12": "1/h", "k21": "1/h", "k13": "1/h", "k31": "1/h", "k1": "1/h"} | {
    "VP": "L",
    "M": "g/mol",
}
_ABSORBED = {"ktr": "1/h", "kin": "1/h", "kout2": "L/h", "V1": "L", "k12N": "L/h", "V2": "L"}
_INJECTED = {"k10": "1/h", "k12": "1/h", "k21": "1/h", "k13": "1/h", "k31": "1/h", "Vc": "L"}
_TINY = 1e-6
_FEW = 1e-3


def parameters(opioid: str, user: str, naloxone: str) -> dict[str, float]:
    """The parameter values of one scenario, by their names in `overdose_model`.

    Args:
        opioid: one of `OPIOIDS`.
        user: ``naive`` or ``chronic`` (the authors multiply both exponents by 1.47).
        naloxone: one of `NALOXONE`.

    Raises:
        UnknownNameError: an opioid, user or product that the model does not have.

    Example:
        >>> parameters("carfentanil", "naive", "iv")["opioid M"]
        394.5
    """
    for kind, given, known in (
        ("opioid of the overdose model", opioid, OPIOIDS),
        ("user of the overdose model", user, USERS),
        ("naloxone product", naloxone, tuple(NALOXONE)),
    ):
        if given not in known:
            raise UnknownNameError(kind, given, known)
    absorbed = naloxone if naloxone != "iv" else "intranasal"
    values = {f"opioid {s}": number(f"opioid {opioid}", s).to(unit) for s, unit in _OPIOID.items()}
    values |= {
        f"absorbed {s}": number(f"naloxone {absorbed}", s).to(u) for s, u in _ABSORBED.items()
    }
    values |= {
        "opioid kon": number(f"binding {opioid}", "A1k").to("1/h"),
        "opioid koff": number(f"binding {opioid}", "B1").to("1/h"),
        "opioid n": number(f"binding {opioid}", "n").value,
        "P1": number("drives", f"P1 {user}").value,
        "P3": number("drives", f"P3 {user}").value,
    }
    return values


@lru_cache(maxsize=4)
def overdose_model(tanks: int = TANKS) -> Equations:
    """The equations, built for fentanyl in a naive person; `parameters` gives the other scenarios.

    Dose targets: ``opioid`` (mg, at once), ``naloxone_absorbed`` (mg that are absorbed), ``naloxone_iv`` (mg).
    The outputs are the states; what a clinic would see (``minute_ventilation`` in L/min, ``arterial PO2``,
    ``arterial PCO2``, ``brain PO2`` in mmHg, ``blood_flow`` in L/min, ``opioid_plasma``, ``naloxone_plasma`` in ng/mL)
    are formulas of them, which `overdose.overdose_course` evaluates.

    Args:
        tanks: mixed tanks in each transport delay.

    Example:
        >>> len(overdose_model().state_names)
        34
    """
    m = Model("overdose")
    given = parameters("fentanyl", "naive", "im_generic")
    units = (
        {f"opioid {s}": u for s, u in _OPIOID.items()}
        | {f"absorbed {s}": u for s, u in _ABSORBED.items()}
        | {"opioid kon": "1/h", "opioid koff": "1/h", "opioid n": "1", "P1": "1", "P3": "1"}
    )
    p = {name: m.parameter(name, value, units[name]) for name, value in given.items()}
    opioid, blocker = m.state("receptor opioid", "1"), m.state("receptor naloxone", "1")
    bound = positive(opioid, _TINY)
    body = overdose_physiology(m, 1 - bound ** p["P3"], 1 - bound ** p["P1"], tanks)
    site, plasma = _opioid(m, p, body)
    blocker_site, blocker_plasma = _naloxone(m, p, body)
    _binding(m, p, opioid, blocker, site, blocker_site)
    milli = m.parameter("ng/mL per mg/L", 1000.0, "(ng/mL)/(mg/L)")
    minute = m.parameter("minutes an hour", 60.0, "min/h")
    m.formula("minute_ventilation", body.ventilation / minute, "L/min")
    m.formula("blood_flow", body.flow / minute, "L/min")
    m.formula("brain PO2", body.brain.o2, "mmHg")
    m.formula("opioid_plasma", plasma * milli, "ng/mL")
    m.formula("naloxone_plasma", blocker_plasma, "ng/mL")
    for state in m.build().states:
        m.output(state.name, sympy.Symbol(state.name, real=True), state.unit)
    return m.build()


def _opioid(m: Model, p: dict[str, sympy.Symbol], body: Physiology) -> tuple[sympy.Symbol, Expr]:
    central, shallow, deep = (
        m.state(f"opioid {name}", "mg") for name in ("central", "shallow", "deep")
    )
    site = m.state("opioid effect site", "pmol/L")
    out = p["opioid kout"] + p["opioid k12"] + p["opioid k13"]
    m.rate(central, p["opioid k21"] * shallow + p["opioid k31"] * deep - out * central)
    m.rate(shallow, p["opioid k12"] * central - p["opioid k21"] * shallow)
    m.rate(deep, p["opioid k13"] * central - p["opioid k31"] * deep)
    plasma = m.formula("opioid in plasma", central * body.volume_factor / p["opioid VP"], "mg/L")
    molar = m.parameter("pmol per mmol", 1e9, "(pmol/L)/((mg/L)/(g/mol))")
    m.rate(site, p["opioid k1"] * (plasma / p["opioid M"] * molar - site))
    m.dose_target("opioid", central)
    return site, plasma


def _naloxone(m: Model, p: dict[str, sympy.Symbol], body: Physiology) -> tuple[sympy.Symbol, Expr]:
    depot, transit, last = (
        m.state(f"naloxone {name}", "ug") for name in ("depot", "transit", "last")
    )
    plasma, tissue = m.state("naloxone plasma", "ug/L"), m.state("naloxone tissue", "ug/L")
    m.rate(depot, -p["absorbed ktr"] * depot)
    m.rate(transit, p["absorbed ktr"] * (depot - transit))
    m.rate(last, p["absorbed ktr"] * transit - p["absorbed kin"] * last)
    exchange = p["absorbed k12N"] * (tissue - plasma)
    entering = p["absorbed kin"] * last - p["absorbed kout2"] * plasma + exchange
    m.rate(plasma, entering * body.volume_factor / p["absorbed V1"])
    m.rate(tissue, -exchange / p["absorbed V2"])
    rates = {
        s: m.parameter(f"injected {s}", number("naloxone iv", s).to(u), u)
        for s, u in _INJECTED.items()
    }
    central, shallow, deep = (
        m.state(f"naloxone iv {name}", "ug") for name in ("central", "shallow", "deep")
    )
    out = rates["k10"] + rates["k12"] + rates["k13"]
    m.rate(central, rates["k21"] * shallow + rates["k31"] * deep - out * central)
    m.rate(shallow, rates["k12"] * central - rates["k21"] * shallow)
    m.rate(deep, rates["k13"] * central - rates["k31"] * deep)
    total = plasma + central * body.volume_factor / rates["Vc"]
    site = m.state("naloxone effect site", "pmol/L")
    mass = m.parameter("naloxone M", number("binding naloxone", "M").value, "g/mol")
    transfer = m.parameter("naloxone k2", number("naloxone iv", "k2").to("1/h"), "1/h")
    molar = m.parameter("pmol per umol", 1e6, "(pmol/L)/((ug/L)/(g/mol))")
    m.rate(site, transfer * (total / mass * molar - site))
    m.dose_target("naloxone_absorbed", depot, bioavailability=_micro(m), unit="mg")
    duration = m.parameter("naloxone iv duration", number("naloxone iv", "duration").to("h"), "h")
    m.dose_target("naloxone_iv", central, bioavailability=_micro(m), duration=duration, unit="mg")
    return site, total * m.parameter("ng/mL per ug/L", 1.0, "(ng/mL)/(ug/L)")


def _micro(m: Model) -> Expr:
    try:
        return m["ug per mg"]
    except UnknownNameError:
        return m.parameter("ug per mg", 1000.0, "ug/mg")


def _binding(
    m: Model,
    p: dict[str, sympy.Symbol],
    opioid: sympy.Symbol,
    blocker: sympy.Symbol,
    site: sympy.Symbol,
    blocker_site: sympy.Symbol,
) -> None:
    one = m.parameter("one pmol/L", 1.0, "pmol/L")
    kon, koff, power = (
        m.parameter(f"naloxone {name}", number("binding naloxone", symbol).to(unit), unit)
        for name, symbol, unit in (("kon", "A2k", "1/h"), ("koff", "B2", "1/h"), ("n", "n2", "1"))
    )
    free = 1 - opioid - blocker
    # An exponent below one has no derivative at nothing; a thousandth of a pmol/L gives it one.
    seen = positive(site / one, _FEW) ** p["opioid n"]
    blocked = positive(blocker_site / one, _FEW) ** power
    m.rate(opioid, p["opioid kon"] * seen * free - p["opioid koff"] * opioid)
    m.rate(blocker, kon * blocked * free - koff * blocker)
