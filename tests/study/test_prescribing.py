"""Doses as prescribers write them mean the same as the same doses in the grammar."""

import pytest

from speciosa.errors import RegimenError
from speciosa.regimen import parse_regimen
from speciosa.study import Arm
from speciosa.study.question.regimens import read_regimen


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("15 mg morphine po q6h for 14 d", "15 mg morphine oral every 6 h x 56"),
        ("15 mg morphine PO qid for 2 d", "15 mg morphine oral every 6 h x 8"),
        ("10 mg oxycodone po tid x 9", "10 mg oxycodone oral every 8 h x 9"),
        (
            "16 mg buprenorphine sl daily for 2 weeks",
            "16 mg buprenorphine sublingual every 24 h x 14",
        ),
        ("1 g acetaminophen po q6h prn max 3/d for 2 d", "1 g acetaminophen oral every 8 h x 6"),
        ("1 g acetaminophen po q6h prn max 8/d for 2 d", "1 g acetaminophen oral every 6 h x 8"),
        ("60 mg methadone po bid for 3 d at 12 h", "60 mg methadone oral every 12 h x 6 at 12 h"),
        ("2 g kratom leaf po q8h x 42", "2 g kratom_leaf oral every 8 h x 42"),
        ("5 g kratom_leaf oral every 8 h x 42", "5 g kratom_leaf oral every 8 h x 42"),
        ("5 g kratom_leaf oral every 8 h for 14 d", "5 g kratom_leaf oral every 8 h x 42"),
        ("2 mg midazolam iv", "2 mg midazolam iv"),
        ("10 mg oxycodone p.o. b.i.d. for 14 days", "10 mg oxycodone oral every 12 h x 28"),
        ("10 mg oxycodone by mouth twice daily for 2 d", "10 mg oxycodone oral every 12 h x 4"),
        ("10 mg oxycodone PO Q6H x 14 d", "10 mg oxycodone oral every 6 h x 56"),
        ("60 mg duloxetine once a day for 2 wk", "60 mg duloxetine every 24 h x 14"),
        ("500 mg naproxen po tds for 2 d", "500 mg naproxen oral every 8 h x 6"),
        ("10 mg oxycodone po every other day for 6 d", "10 mg oxycodone oral every 48 h x 3"),
        ("5 mg morphine iv stat", "5 mg morphine iv"),
        ("methadone 30 mg po daily for 3 d", "30 mg methadone oral every 24 h x 3"),
        ("kratom leaf 5 g three times a day for 1 d", "5 g kratom_leaf every 8 h x 3"),
        (
            "10 mg oxycodone po q6h prn max 30 mg per day for 2 d",
            "10 mg oxycodone oral every 8 h x 6",
        ),
        (
            "10 mg oxycodone po q6h as needed, at most 3 a day for 2 d",
            "10 mg oxycodone oral every 8 h x 6",
        ),
        ("2 tablets of 5 mg oxycodone po q6h x 8", "10 mg oxycodone oral every 6 h x 8"),
        ("2 tabs oxycodone 5 mg po q6h x 8", "10 mg oxycodone oral every 6 h x 8"),
        ("2 x 5 mg oxycodone po q6h x 8", "10 mg oxycodone oral every 6 h x 8"),
        (
            "20 mcg/h buprenorphine patch td q7d x 2",
            "20 mcg/h buprenorphine_patch transdermal every 168 h x 2",
        ),
        ("4 mg naloxone in", "4 mg naloxone intranasal"),
        ("20 mg oxycodone ER po bid for 1 d", "20 mg oxycodone_ER oral every 12 h x 2"),
        ("40 mg Opana ER", "40 mg Opana_ER"),
        ("4 mg naloxone nasal spray", "4 mg naloxone intranasal"),
        ("100 mcg fentanyl IV push", "100 mcg fentanyl iv"),
        ("10 mg morphine IV infusion over 30 min", "10 mg morphine iv over 0.5 h"),
        ("1 mg/h morphine iv for 24 h", "1 mg/h morphine iv over 24 h"),
        ("75 ug/h fentanyl patch td for 3 d", "75 ug/h fentanyl_patch transdermal over 72 h"),
        ("0.35 mg/70 kg buprenorphine iv", "0.005 mg/kg buprenorphine iv"),
        (
            "0.3 mg/24 h clonidine patch td q7d x 2",
            "0.3 mg/d clonidine_patch transdermal every 168 h x 2",
        ),
        ("15 mg oxycodone po on day 6", "15 mg oxycodone oral at 120 h"),
        ("10 mg oxycodone po every six hours for 1 d", "10 mg oxycodone oral every 6 h x 4"),
        ("300 mg sublocade sc monthly x 6", "300 mg sublocade sc every 672 h x 6"),
        ("24 mg buvidal weekly sc q7d x 4", "24 mg buvidal_weekly sc every 168 h x 4"),
        ("8 mg buprenorphine/naloxone SL", "8 mg buprenorphine_naloxone sublingual"),
        ("8/2 mg buprenorphine/naloxone SL", "8 mg buprenorphine_naloxone sublingual"),
        (
            "hydrocodone/acetaminophen 5 mg/325 mg po q6h x 4",
            "5 mg hydrocodone oral every 6 h x 4; 325 mg acetaminophen oral every 6 h x 4",
        ),
    ],
)
def test_what_is_written_is_what_is_given(written: str, meant: str) -> None:
    assert str(parse_regimen(written)) == meant


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("15 mg morphine po q6h", "'every 6 h for 14 d'"),
        ("5 gr kratom_leaf po", "Did you mean g?"),
        ("5 Mg oxycodone po", "Did you mean mg?"),
        ("500 Ug fentanyl iv", "Did you mean ug?"),
        ("10 m oxycodone po", "a unit of mass"),
        ("3 h oxycodone po", "a unit of mass"),
        ("2 tablets oxycodone po", "Say the strength"),
        ("2 teaspoons kratom_leaf po", "how much one teaspoon holds differs"),
        ("5-10 mg oxycodone po q6h x 8", "its two ends as two treatments"),
        ("10 mg oxycodone po q4-6h x 8", "its two ends as two treatments"),
    ],
)
def test_a_slip_is_told_with_the_way_out(written: str, told: str) -> None:
    with pytest.raises(RegimenError) as error:
        read_regimen(written)
    assert told in str(error.value)
    assert "kratom_capsule" not in str(error.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2 capsules kratom po tid for 1 d", "1 g kratom_capsule oral every 8 h x 3"),
        ("3 glasses of kratom tea oral", "12.18 g kratom_tea oral"),
        ("1 patch lidocaine patch td", "700 mg lidocaine_patch transdermal"),
    ],
)
def test_pieces_count_where_the_product_says_what_one_holds(written: str, meant: str) -> None:
    assert str(read_regimen(written)) == meant
    assert str(Arm(name="a", regimen=written).doses) == meant


@pytest.mark.parametrize(
    "text", ["15 mg morphine po q6h", "15 mg morphine oral evry 6 h", "15 mg morphine po for 14 d"]
)
def test_what_lacks_a_count_or_has_a_slip_is_a_fault(text: str) -> None:
    with pytest.raises(RegimenError):
        parse_regimen(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 mg morphine oral every 6 h x 1e999",
        "5 mg morphine oral every 1e308 week x 3",
        "5 mg morphine oral at 1e999 h",
        "5 mg morphine oral over 1e999 h",
        "5 mg morphine oral every 1e-300 h for 1e308 h",
        "5 mg morphine oral every 1e999 h for 1e999 h",
        "5 mg morphine oral 1e999 times daily for 3 d",
    ],
)
def test_a_number_without_end_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(RegimenError, match="dose 1"):
        parse_regimen(text)
