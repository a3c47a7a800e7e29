import pytest

from speciosa.errors import FactError, InputError
from speciosa.facts import base_mass
from speciosa.facts.products import (
    Product,
    contents,
    contents_of,
    form_of,
    product,
    products,
)
from speciosa.facts.sheets.sheet import fact_row, sheet

UNITS = {"mg", "g", "ug/h", "mg/d"}


@pytest.mark.parametrize("name", products())
def test_a_product_holds_substances_with_sources_and_every_route_has_a_way_in(name: str) -> None:
    found = product(name)
    held = contents(name)
    assert held and found.routes and found.entry["dose_unit"] in UNITS
    for substance, content in held.items():
        assert content.to("mg/mg") > 0
        assert content.rows or content.guess
        assert all(fact_row(row) is not None for row in content.rows)
        for route in found.routes:
            assert sheet(substance).entry(route, str(found.entry["form"])).route == route


def test_an_alias_stands_for_one_product() -> None:
    seen: dict[str, str] = {}
    for name, found in products().items():
        for alias in (name, *found.aliases):
            assert seen.setdefault(alias, name) == name, alias


def test_salt_factors_are_those_of_the_formulas() -> None:
    """Two ways to the same number: products state it, molar masses of salt and base give it."""
    checked = 0
    for name in ("morphine", "codeine", "oxycodone", "hydrocodone", "hydromorphone", "tramadol"):
        for form in (name, f"{name}_er"):
            if form in products():
                stated = contents(form)[name].value
                assert stated == pytest.approx(base_mass(name, 1.0), rel=0.002)
                checked += 1
    assert checked == 11


def test_two_grams_of_the_tea_and_the_extract_hold_what_the_trials_gave() -> None:
    assert 2000 * contents("kratom_tea")["mitragynine"].to("mg/mg") == pytest.approx(39, rel=0.01)
    extract = contents("kratom_extract")["mitragynine"].to("mg/mg")
    assert 25.06 * extract == pytest.approx(9.9, rel=0.01)
    capsule = contents("kratom_capsule")["mitragynine"].to("mg/mg")
    assert 4000 * capsule == pytest.approx(53.2, rel=0.01)


def test_leaf_holds_next_to_no_7_hydroxymitragynine() -> None:
    assert contents("kratom_leaf")["7_hydroxymitragynine"].to("mg/g") < 0.124


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("morphine_cr", "morphine_er"),
        ("tramadol_drops", "tramadol_solution"),
        ("Suboxone", "buprenorphine_film"),
        ("sublocade", "buprenorphine_monthly"),
        ("vivitrol", "naltrexone_depot"),
        ("duragesic", "fentanyl_patch"),
        ("narcan", "naloxone"),
        ("paracetamol", "acetaminophen"),
        ("ketum", "kratom_leaf"),
    ],
)
def test_names_that_people_use_are_known(alias: str, name: str) -> None:
    assert product(alias).id == name


def test_every_fault_of_the_contents_is_named() -> None:
    bad = Product(
        "made_up", "Made up", ("a", "b"),
        entry={"contents": {"a": {"value": 1.0}, "b": {"value": "much", "guess": "x"}}},
    )  # fmt: skip
    with pytest.raises(FactError) as caught:
        contents_of(bad)
    assert len(caught.value.faults) == 2
    with pytest.raises(FactError, match="contents"):
        contents_of(Product("empty", "Empty", ()))


@pytest.mark.parametrize(
    ("called", "stands_for", "route"),
    [
        ("Actiq", "fentanyl", "transmucosal"),
        ("fentora", "fentanyl", "buccal"),
        ("Instanyl", "fentanyl", "intranasal"),
        ("morphine_injection", "morphine", "iv"),
        ("paracetamol_iv", "acetaminophen", "iv"),
        ("naloxone_autoinjector", "naloxone", "im"),
        ("Narcan", "naloxone", "intranasal"),
        ("midazolam_nasal", "midazolam", "intranasal"),
        ("naltrexone_injection", "naltrexone_depot", "depot"),
        ("xr-naltrexone", "naltrexone_depot", "depot"),
        ("morphine_tablet", "morphine", "oral"),
        ("naloxone_tablet", "naloxone", "oral"),
        ("buprenorphine_tablet", "buprenorphine", "sublingual"),
        ("clarithromycin", "clarithromycin", "oral"),
        ("dextromethorphan_hbr", "dextromethorphan", "oral"),
    ],
)
def test_a_name_that_says_how_it_is_taken_is_taken_so(called, stands_for, route) -> None:
    found = form_of(called, None)
    assert found.product == stands_for
    assert found.route == route or {found.route, route} == {"im", "depot"}


def test_a_route_that_is_written_goes_before_the_one_of_the_name() -> None:
    assert form_of("fentanyl_injection", "im").route == "im"


@pytest.mark.parametrize("called", ["lofexidine_injection", "gabapentin_iv"])
def test_a_name_of_a_route_that_no_model_has_is_refused(called) -> None:
    with pytest.raises(InputError, match="oral, found 'iv'"):
        form_of(called, None)


@pytest.mark.parametrize(("called", "meant"), [("buvidal", "buvidal_weekly"), ("horizant", "")])
def test_a_brand_of_a_form_of_its_own_is_not_taken_for_another(called, meant) -> None:
    with pytest.raises(InputError) as told:
        form_of(called, None)
    assert meant in str(told.value)


def test_a_route_of_another_form_names_that_form() -> None:
    with pytest.raises(InputError, match="Taken so is 'naltrexone_depot im'"):
        form_of("naltrexone", "im")
