"""A substance of the library as the model of a fit: units of the data, short names, and what is refused."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.fitting import build
from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen

FIT = """
[data]
file = "data.csv"
[model]
substance = "morphine"
routes = ["iv", "oral"]
[parameters]
CL = { start = 70.0, between = 0.1 }
V1 = { start = 30.0 }
"oral.any.F" = { start = 0.25, scale = "logit-normal" }
[error.plasma]
kind = "proportional"
proportional = 0.2
"""


TIMES = (0.1, 0.5, 1.0, 3.0, 8.0)


@pytest.fixture
def folder(tmp_path):
    rows = ["ID,TIME,AMT,CMT,DV,WT"]
    for subject, route in ((1, 1), (2, 2)):
        rows.append(f"{subject},0,10,{route},.,70")
        rows += [f"{subject},{t},.,1,1,70" for t in TIMES]
    (tmp_path / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("subject", "route"), [(0, "iv"), (1, "oral")])
def test_predictions_are_those_of_the_library_in_the_units_of_the_data(
    asked, folder, subject, route
):
    plan = schedule(parse_regimen(f"10 mg morphine {route}"))
    library = system(("morphine",), ways=plan.ways).build(static=True)
    typical = {p.name.rpartition(".")[2]: p.value for p in library.parameters}
    text = FIT.replace("70.0", str(typical["CL"])).replace("30.0", str(typical["V1"]))
    if route == "oral":
        text = text.replace("0.25", str(typical["F"]))
    joint = build(asked(text, folder))
    assert joint.kernel.compiled.program.linear
    at, none = joint.design.individuals(joint.design.start()), np.zeros(0, dtype=np.int64)
    value = joint.predict(at, np.zeros((2, 1)), none, 0).value.reshape(2, -1)
    simulated = sp.simulate(library, plan.regimen(library.target_names), times=TIMES)
    mass = sheet("morphine").molar_mass.to("g/mol")
    of_base = plan.doses[0].nmol * mass / 1e6  # the product is a salt
    wanted = simulated["morphine"][0] * mass / 1000 * 10 / of_base
    assert np.allclose(value[subject], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"morphine"', '"morphin"', "Did you mean morphine?"),
        ('["iv", "oral"]', '["iv", "nasal"]', "routes of morphine: iv, oral"),
        ("routes", 'concentration = "mg"\nroutes', "one convertible to"),
        ("routes", 'structure = "iv_1cpt"\nroutes', "structure beside substance"),
        ("V1 =", "V9 =", "a parameter of the model"),
    ],
)
def test_what_is_refused(asked, folder, old, new, told):
    with pytest.raises(InputError) as refused:
        asked(FIT.replace(old, new), folder)
    assert told in str(refused.value)
