"""Doses as prescribers write them mean the same as the same doses in the grammar."""

import pytest

from speciosa.errors import RegimenError
from speciosa.regimen import parse_regimen


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
    ],
)
def test_what_is_written_is_what_is_given(written: str, meant: str) -> None:
    assert str(parse_regimen(written)) == meant


@pytest.mark.parametrize(
    "text", ["15 mg morphine po q6h", "15 mg morphine oral evry 6 h", "15 mg morphine po for 14 d"]
)
def test_what_lacks_a_count_or_has_a_slip_is_a_fault(text: str) -> None:
    with pytest.raises(RegimenError):
        parse_regimen(text)
