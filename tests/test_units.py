"""Written units: what may be written, what is refused and where, and that no text does harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa import facts, units
from speciosa.errors import InputError
from speciosa.model.unit import Unit
from speciosa.regimen import parse_regimen
from speciosa.unit_text import SYMBOLS, canonical

SAME = [
    ("ng h/mL", "ng*h/mL"),
    ("ng.h/mL", "ng*h/mL"),
    ("µg/mL", "ug/mL"),
    ("mcg/mL", "ug/mL"),
    ("kg m-2", "kg/m^2"),
    ("mL/min/1.73 m2", "mL/min"),
    ("/min", "1/min"),
    ("mm[Hg]", "mmHg"),
    ("mg**2", "mg²"),
    ("1/(mL/min)", "min/mL"),
]
REFUSED = """5 mg/|mg/|(mg|m g)|g/0|mg^|mg^4|mg^0|mg*|mg//L|^2|/|//|()|mg ()|gr|Mg|9mg|５mg|mg９|mg;|mg\x00|__import__|1e5
h*9**9**9|1 h*9**9**9|mg^^2|mg**|mg)(|((((((mg))))))|mL/min/1.73|mg 5|mg,L|mg$|mg=1|λ|é|.mg|mg.|*mg|-mg|mg-|mg--2""".replace(
    "\n", "|"
).split("|")


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_unit_in_two_spellings_is_one(one: str, other: str) -> None:
    assert units.factor(one, other) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_unit_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        units.factor(text, "mg")
    assert caught.value.faults[0].where
    with pytest.raises(ValueError, match="unknown unit"):
        Unit.read(text)


@pytest.mark.parametrize(("text", "guess"), [("gr", "g"), ("Mg", "mg"), ("ML", "mL"), ("Ug", "ug")])
def test_a_misspelt_unit_is_guessed_and_never_taken(text: str, guess: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_regimen(f"5 {text} morphine oral")
    assert guess in caught.value.faults[0].fix.replace("?", "").split()


def test_every_symbol_is_a_unit() -> None:
    for symbol in SYMBOLS:
        assert units.factor(symbol, symbol) == pytest.approx(1.0)


def test_every_unit_of_the_facts_is_read() -> None:
    for table in ("parameters", "observations"):
        for unit in facts.table(table)["unit"].unique().to_list():
            if unit and unit != "share":
                assert canonical(units.plain(unit))


@pytest.mark.parametrize(
    "text", ["1 h*9**9**9", "1" * 5000 + " h", "5 " + " " * 5000 + "h", "1e9999 h"]
)
def test_a_quantity_of_any_length_is_read_or_refused_at_once(text: str) -> None:
    try:
        assert units.hours(text) > 0
    except InputError as error:
        assert len(str(error)) < 500


@given(st.text(max_size=80))
def test_any_text_is_a_unit_or_a_fault(text: str) -> None:
    try:
        canonical(text)
    except InputError as error:
        assert error.faults[0].expected


@given(st.text(alphabet="mgLhk/*^().1 27-", max_size=30))
def test_what_the_grammar_passes_has_a_size(text: str) -> None:
    try:
        canonical(text)
    except InputError:
        return
    assert 0 < Unit.read(text).scale < float("inf")
