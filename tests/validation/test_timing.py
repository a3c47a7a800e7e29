"""The forms of a time in an observation."""

import pytest

from speciosa.validation.observed.timing import At, parse_at


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("2.5 h", At(2.5, 2.5)),
        ("30 min", At(0.5, 0.5)),
        ("0", At(0.0, 0.0)),
        ("0.7 h to 1.3 h", At(0.7, 1.3)),
        ("72-96 h", At(72.0, 96.0)),
        ("1 d - 36 h", At(24.0, 36.0)),
        ("1 to 3 d", At(24.0, 72.0)),
        ("last", At(0.0, 0.0, True)),
        ("last + 4 h", At(4.0, 4.0, True)),
        ("last + 2-4 h", At(2.0, 4.0, True)),
        ("last + 1 h to last + 90 min", At(1.0, 1.5, True)),
        ("5 @ 24 h", At(24.0, 24.0, False, 5.0)),
        ("0.3 @ last + 1 h to 2 h", At(1.0, 2.0, True, 0.3)),
        ("5 @", At(threshold=5.0)),
        ("", At()),
        ("4 h to 2 h", None),
        ("2 h to 2 h", At(2.0, 2.0)),
        ("1 h to last + 2 h", None),
        ("x @ 2 h", None),
        ("2", None),
        ("5 kg", None),
    ],
)
def test_forms(text, wanted):
    found, faults = parse_at(text, "row")
    if wanted is None and not faults:
        pytest.fail(f"{text!r} was read as {found}")
    assert bool(faults) is (wanted is None)
    assert wanted is None or found == wanted


def test_what_is_said_of_a_time():
    moment, window, nothing = At(2.0, 2.0), At(2.0, 3.0, True), At(threshold=4.0)
    assert (moment.is_set, moment.is_window, moment.window(9.0)) == (True, False, (2.0, 2.0))
    assert (window.is_set, window.is_window, window.window(9.0)) == (True, True, (11.0, 12.0))
    assert (nothing.is_set, nothing.is_window, str(nothing), str(At())) == (
        False,
        False,
        "4",
        "nothing",
    )
    assert [str(each) for each in (moment, window)] == ["2 h", "last + 2 h to 3 h"]
    with pytest.raises(ValueError, match="no time"):
        nothing.window(0.0)
