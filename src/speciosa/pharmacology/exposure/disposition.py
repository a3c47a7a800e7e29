"""Disposition: one to three compartments of total drug, amounts in nmol, concentrations in nmol/L.

With A the amounts, V the volumes, Q the flows and C = A1 / V1 the concentration in plasma::

    dA1/dt = in - out - sum_i Q_i (C - A_i / V_i)
    dA_i/dt = Q_i (C - A_i / V_i),   i = 2, 3
    CL, Q proportional to (weight / reference)^0.75, V to weight / reference

What comes in is the work of `absorption` and `metabolism`, what goes out that of `metabolism`. Mammillary models of
this kind: Gabrielsson and Weiner, Pharmacokinetic and Pharmacodynamic Data Analysis (2016).
"""

from dataclasses import dataclass

import sympy

from speciosa.facts.sheets.sheet import Sheet
from speciosa.model import Model
from speciosa.pharmacology.exposure.physiology import effect_of_covariates, size
from speciosa.pharmacology.parameters import Binder


@dataclass(frozen=True)
class Body:
    """One substance in the body of one patient.

    Attributes:
        sheet: where its numbers come from.
        bind: gives its parameters.
        central: amount in the central compartment, nmol.
        concentration: total concentration in plasma, nmol/L.
        clearance: systemic clearance with all enzymes at their typical activity, L/h.
        fu: unbound fraction in plasma.
    """

    sheet: Sheet
    bind: Binder
    central: sympy.Symbol
    concentration: sympy.Expr
    clearance: sympy.Expr

    @property
    def substance(self) -> str:
        """Its name."""
        return self.sheet.substance

    @property
    def fu(self) -> sympy.Expr:
        """Unbound fraction in plasma; 1 where the sheet has none."""
        has = self.sheet.disposition.fu is not None
        return self.bind("disposition.fu", "1") if has else sympy.Integer(1)


def distribute(m: Model, bind: Binder) -> Body:
    """Adds the compartments of a substance and the flows between them."""
    sheet = bind.sheet
    name = sheet.substance
    weight = sheet.disposition.reference_weight
    on_flow = size(m, weight, bind("disposition.weight_on_clearance", "1"))
    on_volume = size(m, weight, bind("disposition.weight_on_volume", "1"))

    def scaled(symbol: str, unit: str) -> sympy.Expr:
        grow = on_volume if unit == "L" else on_flow
        change = effect_of_covariates(m, sheet, symbol)
        return m.derived(
            f"{name}.{symbol}", bind(f"disposition.{symbol}", unit) * grow * change, unit
        )

    clearance, volume = scaled("CL", "L/h"), scaled("V1", "L")
    central = m.state(f"central_{name}", "nmol")
    concentration = central / volume
    for number in range(2, sheet.disposition.compartments + 1):
        exchange, space = scaled(f"Q{number}", "L/h"), scaled(f"V{number}", "L")
        peripheral = m.state(f"peripheral{number}_{name}", "nmol")
        net = exchange * (concentration - peripheral / space)
        m.add_rate(central, -net)
        m.add_rate(peripheral, net)
    return Body(sheet, bind, central, concentration, clearance)
