"""Model sheets: every number founded, every sheet whole, and areas under the curve that agree with what was observed."""

import math

import pytest

from speciosa.errors import FactError, UnknownNameError
from speciosa.facts.lookup import fact
from speciosa.facts.products import contents, product
from speciosa.facts.sheets.number import SheetParameter
from speciosa.facts.sheets.sheet import belief, beliefs, fact_row, names, read, sheet, sheets
from speciosa.facts.uncertainty import FLOORS
from speciosa.units import factor

ASKED = """mitragynine 7_hydroxymitragynine speciociliatine speciogynine paynantheine mitragynine_pseudoindoxyl
morphine morphine_6_glucuronide codeine oxycodone hydrocodone hydromorphone fentanyl tramadol o_desmethyltramadol
tapentadol methadone buprenorphine naloxone naltrexone lofexidine clonidine acetaminophen ibuprofen midazolam
dextromethorphan ketoconazole itraconazole ritonavir rifampicin quinidine paroxetine""".split()

UNITS = {
    "CL": "L/h", "Q2": "L/h", "Q3": "L/h", "V1": "L", "V2": "L", "V3": "L", "ka": "1/h", "k_release": "1/h",
    "lag": "h", "duration": "h", "mtt": "h", "wear": "h", "F": "1", "Fg": "1", "Fh": "1", "fu": "1", "fraction": "1",
    "formed": "1", "presystemic": "1", "molar_mass": "g/mol", "kinact": "1/h", "KI": "nmol/L", "ke0": "1/h",
    "loading": "1", "loading_time": "h", "EC50": "nmol/L", "n_transit": "1", "efficacy": "1", "Kp_uu": "1",
}  # fmt: skip

MINIMAL = """
substance = "x"
selected = "one compartment of a made-up study"
molar_mass = { value = 300, unit = "g/mol", guess = "made up", fixed = true }
[disposition]
compartments = 1
CL = { value = 10, unit = "L/h", rows = ["comparators-0012"] }
V1 = { value = 100, unit = "L", guess = "made up" }
weight_on_clearance = { value = 0.75, guess = "convention", fixed = true }
weight_on_volume = { value = 1.0, guess = "convention", fixed = true }
"""


ORAL = "[[absorption]]\nroute = 'oral'\nF = { value = 0.5, guess = 'half' }\n"
SIMPLE = "paths = [{ ka = { value = 1.0, unit = '1/h', guess = 'x' } }]\n"


def test_every_substance_that_the_comparison_uses_has_a_sheet() -> None:
    assert set(ASKED) <= set(names())


@pytest.mark.parametrize("name", names())
def test_every_number_names_rows_that_exist_or_a_guess(name: str) -> None:
    found = sheet(name)
    assert found.substance == name
    assert len(found.selected.split()) > 5
    for where, parameter in found.parameters().items():
        assert parameter.rows or len(parameter.guess) > 2, where
        for row in (*parameter.rows, *parameter.omega_rows):
            assert fact_row(row) is not None, (where, row)


@pytest.mark.parametrize("name", names())
def test_every_number_has_the_dimension_that_its_name_needs(name: str) -> None:
    for where, parameter in sheet(name).parameters().items():
        unit = UNITS.get(where.rpartition(".")[2])
        if unit is not None:
            assert math.isfinite(parameter.to(unit)), where
            assert parameter.value > 0, where
            if unit == "1" and where.rpartition(".")[2] not in ("n_transit", "Kp_uu", "F"):
                assert parameter.value <= 1, where


@pytest.mark.parametrize("name", names())
def test_no_more_circulates_than_was_taken(name: str) -> None:
    found = sheet(name)
    for entry in found.absorption:
        formed = sum(
            path.presystemic.value
            for path in found.pathways
            if path.presystemic is not None and entry.route == "oral"
        )
        whole = 1.0 if found.disposition.apparent else entry.F.value
        assert whole + formed <= 1 + 0.2 * found.disposition.apparent + 1e-9, entry.route
        if found.first_pass is not None and entry.route == "oral" and entry.form == "any":
            passed = found.first_pass.Fg.value * found.first_pass.Fh.value
            assert found.disposition.apparent or entry.F.value / passed <= 1.02
    if found.disposition.apparent:
        assert all(entry.route != "iv" for entry in found.absorption)


@pytest.mark.parametrize("name", names())
def test_metabolites_have_sheets_with_a_way_in(name: str) -> None:
    for path in sheet(name).pathways:
        if path.metabolite is not None:
            assert path.formed is not None
            assert path.metabolite in names()


def test_how_sure_each_number_is_follows_the_rule() -> None:
    for found in sheets().values():
        for where, parameter in found.parameters().items():
            believed = belief(parameter)
            assert believed.center == parameter.value
            if parameter.fixed or parameter.cv is not None or parameter.value <= 0:
                continue
            seen = fact(parameter.rows[0]).seen if parameter.rows else "guess"
            least = believed.cv
            if (
                believed.shape == "logitnormal" and believed.center > 0.5
            ):  # of what is missing to one
                least *= believed.center / (1 - believed.center)
            assert least >= FLOORS[seen] - 1e-9, (found.substance, where)


def test_a_row_in_another_unit_is_still_the_printed_number() -> None:
    row = SheetParameter(value=75.6, unit="L/h", rows=("comparators-0169",))
    assert belief(row).cv == pytest.approx(FLOORS["repository"])
    moved = SheetParameter(value=70, unit="L/h", rows=("comparators-0169",), how="between two")
    assert belief(moved).cv == pytest.approx(FLOORS["derived"])
    assert belief(moved).center == 70


def test_a_row_that_does_not_exist_is_named() -> None:
    with pytest.raises(FactError, match="comparators-9999"):
        belief(SheetParameter(value=1, rows=("comparators-9999",)))


def test_the_least_sheet_is_enough() -> None:
    found = read(MINIMAL, "x.toml")
    assert set(found.parameters()) == {
        "molar_mass", "disposition.CL", "disposition.V1", "disposition.weight_on_clearance",
        "disposition.weight_on_volume",
    }  # fmt: skip
    assert beliefs(found)["molar_mass"].sigma == 0


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("compartments = 2", "just as many volumes and flows"),
        ("[[pathways]]\nenzyme = 'cyp3a'\nfraction = { value = 0.4, guess = 'half' }", "sum to 1"),
        ("[[absorption]]\nroute = 'ear'\nF = { value = 1.0, guess = 'all' }", "route is one of"),
        ("[[absorption]]\nroute = 'oral'\nF = { value = 1.0, guess = 'all' }", "at least one path"),
        (
            ORAL + "paths = [{ mtt = { value = 1.0, unit = 'h', guess = 'x' } }]",
            "n_transit goes with mtt",
        ),
        (ORAL + "paths = [{ n_transit = { value = 3, guess = 'x' } }]", "n_transit goes with mtt"),
        (ORAL + SIMPLE + "F_dose_power = { value = 0.1, guess = 'x' }", "F_reference_dose"),
        (
            ORAL + SIMPLE + "F_reference_dose = { value = 5, unit = 'mg', guess = 'x' }",
            "F_dose_power goes with F_reference_dose",
        ),
        (ORAL + SIMPLE + "F_most = { value = 1.0, guess = 'x' }", "F_most bounds"),
        (
            ORAL + SIMPLE + "loading = { value = 0.1, guess = 'x' }",
            "loading goes with loading_time",
        ),
        (
            ORAL + SIMPLE + "loading = { value = 0.1, guess = 'x' }\n"
            "loading_time = { value = 5, unit = 'h', guess = 'x' }",
            "released over wear",
        ),
        ("[[interactions]]\nenzyme = 'cyp3a'\nKI = { value = 1.0, guess = 'x' }", "KI goes with"),
        ("[[interactions]]\nenzyme = 'cyp3a'", "at least one of Ki"),
        ("[[pathways]]\nenzyme = 'cyp9z9'\nfraction = { value = 1.0, guess = 'x' }", "cyp3a"),
        ("[effects]\nke0 = { value = 1.0 }", "rows or a guess"),
        (
            "[effects]\nke0 = { value = 1.0, guess = 'x', omega = 0.3 }",
            "omega_rows or omega_guess",
        ),
        ("[effects]\nke0 = { value = 1.0, guess = 'x', cv = 0.3 }", "a reason in how"),
    ],
)
def test_a_broken_sheet_is_refused_with_what_is_wrong(broken: str, said: str) -> None:
    text = MINIMAL.replace("compartments = 1", broken) if "compart" in broken else MINIMAL + broken
    with pytest.raises(FactError, match=said):
        read(text, "x.toml")


def test_all_faults_of_a_sheet_are_named_at_once() -> None:
    with pytest.raises(FactError) as caught:
        read('substance = "x"\nselected = 3\ncolour = "green"', "x.toml")
    assert len(caught.value.faults) == 4
    assert all(fault.where.startswith("x.toml, ") for fault in caught.value.faults)
    with pytest.raises(FactError, match="TOML"):
        read("substance = = 3", "x.toml")


def test_two_numbers_never_share_a_name() -> None:
    twice = "\n[[pathways]]\nenzyme = 'cyp3a'\nfraction = { value = 0.5, guess = 'half' }" * 2
    with pytest.raises(FactError, match="given twice: pathways.cyp3a.fraction"):
        read(MINIMAL + twice, "x.toml")


def test_unknown_names_come_with_the_nearest_known() -> None:
    with pytest.raises(UnknownNameError, match="mitragynine"):
        sheet("mitragynin")
    with pytest.raises(UnknownNameError, match="oral any"):
        sheet("celecoxib").entry("iv")
    assert sheet("morphine").entry("oral", "er") is not sheet("morphine").entry("oral", "film")


# Areas under the curve by arithmetic alone, F dose / CL, against what studies observed.
AREAS = [
    ("tanna2022_04", "kratom_tea", "mitragynine", 2, "g"),
    ("tanna2022_08", "kratom_tea", "speciogynine", 2, "g"),
    ("tanna2022_16", "kratom_tea", "speciociliatine", 2, "g"),
    ("yue1991codeine_01", "codeine", "codeine", 50, "mg"),
    ("oxycodone0000label_01", "oxycodone", "oxycodone", 15, "mg"),
    ("oxycodone0000label_09", "oxycodone_solution", "oxycodone", 10, "mg"),
    ("hysingla0000label_07", "hydrocodone_er", "hydrocodone", 60, "mg"),
    ("dilaudid0000label_03", "hydromorphone", "hydromorphone", 8, "mg"),
    ("adams2004oxymorphone_03", "oxymorphone_er", "oxymorphone", 10, "mg"),
    ("nardihiebl2021fentanyl_02", "fentanyl_spray", "fentanyl", 47, "ug"),
    ("lintz1998tramadol_02", "tramadol_drops", "tramadol", 100, "mg"),
    ("lintz1998tramadol_06", "tramadol", "tramadol", 100, "mg"),
    ("skulberg2019naloxone_06", "naloxone", "naloxone", 0.8, "mg"),
    ("meyer1984naltrexone_05", "naltrexone", "naltrexone", 50, "mg"),
]
ROUTES = {
    "nardihiebl2021fentanyl_02": "intranasal",
    "lintz1998tramadol_06": "iv",
    "skulberg2019naloxone_06": "im",
}


@pytest.mark.parametrize(("row", "name", "substance", "dose", "unit"), AREAS)
def test_areas_agree_with_the_observed_within_a_quarter(
    row: str, name: str, substance: str, dose: float, unit: str
) -> None:
    observed, found = fact(row), sheet(substance)
    entry = found.entry(ROUTES.get(row, "oral"), str(product(name).entry["form"]))
    milligrams = dose * factor(unit, "mg") * contents(name)[substance].to("mg/mg")
    area = entry.F.value * milligrams / found.disposition.CL.to("L/h")
    if "mol" in observed.unit:
        area *= 1e6 / found.molar_mass.to("g/mol")
        expected = observed.value * factor(observed.unit, "nmol*h/L")
    else:
        expected = observed.value * factor(observed.unit, "mg*h/L")
    assert 0.8 <= area / expected <= 1.25


def test_a_number_that_rests_on_several_rows_says_why_it_was_taken() -> None:
    silent = [
        f"{substance}.{path}"
        for substance in names()
        for path, parameter in sheet(substance).parameters().items()
        if len(parameter.rows) > 1 and not parameter.how
    ]
    assert silent == []
