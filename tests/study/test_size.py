"""Lists that are longer than any study needs are cut at their own bound."""

import pytest

from speciosa.study.question.size import MOST, MOST_ARMS, cut


@pytest.mark.parametrize(
    "path, most", [(("arms",), MOST_ARMS), (("criteria",), MOST), (("deep", "arms"), MOST)]
)
def test_a_list_at_its_bound_stays_and_one_more_is_cut_and_told(path, most):
    def table(count):
        found = [{"n": k} for k in range(count)]
        for key in reversed(path):
            found = {key: found}
        return found

    whole, none = cut(table(most))
    assert (whole, none) == (table(most), [])
    short, ((place, fault),) = cut(table(most + 1))
    assert short == table(most) and place == path
    assert (fault.found, fault.expected) == (str(most + 1), f"at most {most} entries")


def test_lists_in_lists_are_found_by_their_place():
    _, faults = cut({"arms": [{"a": 1}, {"source": [0] * (MOST + 3)}], "text": "x"})
    assert [path for path, _ in faults] == [("arms", 1, "source")]
