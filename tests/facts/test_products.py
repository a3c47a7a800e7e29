import pytest

from speciosa.errors import FactError
from speciosa.facts import base_mass
from speciosa.facts.products import Product, contents, contents_of, product, products
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
