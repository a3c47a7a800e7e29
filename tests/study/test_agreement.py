"""What the parts of a study say of each other: each contradiction by its place, and none where there is none."""

import pytest

from speciosa.study.question.agreement import contradictions

ARMS = [{"name": "tea", "regimen": "none"}, {"name": "coffee", "regimen": "none"}]


def told(**plan):
    criteria = [
        {"outcome": name, **({} if w is None else {"weight": w})}
        for name, w in plan.pop("criteria", [])
    ]
    table = {"arms": ARMS, **plan.pop("study", {}), "benefit_risk": {"criteria": criteria, **plan}}
    return [(".".join(map(str, path)), fault.found) for path, fault in contradictions(table)]


def weights(*given):
    names = ("pain_relief", "liking", "constipation", "breathing_fall")
    return told(criteria=list(zip(names, given, strict=False)))


PLACE = "benefit_risk.criteria"


@pytest.mark.parametrize(
    "given",
    [
        (1, 1),
        (0, 3),
        (5.0, 0.0),
        ([0.2, 0.6], [0.4, 0.8]),
        ([0.5, 0.5], [0.5, 0.5]),
        ([0, 1], 0),
        (None, [0.1, 0.9]),
        (None, None),
        ([0.4, 0.6], [0.6, 0.6]),
        ([0.3, 0.4], 0.6),
        ([0.1, 0.7], [0.1, 0.2], [0.0, 0.1]),  # 0.1 + 0.2 + 0.7 is just below 1 in floating point
        (
            [0.1, 0.5],
            [0.2, 0.5],
            [0.7, 0.9],
        ),  # and the least of these just above it, in another order
    ],
)
def test_weights_that_can_hold(given):
    assert weights(*given) == []


@pytest.mark.parametrize(
    "given, wanted",
    [
        ((-1, 2), [(f"{PLACE}.0.weight", "-1")]),
        ((1, [0.5, 0.2]), [(f"{PLACE}.1.weight", "0.5 to 0.2")]),
        (([0.2, 1.1], 0.5), [(f"{PLACE}.0.weight", "0.2 to 1.1")]),
        (([-0.1, 0.5], 0.5), [(f"{PLACE}.0.weight", "-0.1 to 0.5")]),
        ((0, 0), [(PLACE, "all 0")]),
        (([0.6, 0.7], [0.5, 0.9]), [(PLACE, "shares that add up to 1.1 to 1.6")]),
        (([0.1, 0.2], [0.1, 0.7]), [(PLACE, "shares that add up to 0.2 to 0.9")]),
        (([0.6, 0.7], [0.6, 0.7], None), [(PLACE, "shares that add up to 1.2 to 1.4")]),
        ((1.2, None), [(f"{PLACE}.0.weight", "1.2")]),
    ],
)
def test_weights_that_cannot(given, wanted):
    assert weights(*given) == wanted


def test_shares_of_some_need_not_reach_1():
    assert weights([0.1, 0.2], None) == []


@pytest.mark.parametrize("weight", ["much", [0.1], [0.1, 0.2, 0.3], float("inf"), [0.1, "x"]])
def test_what_is_no_weight_is_told_elsewhere(weight):
    assert weights(weight, 1) == []


def test_names_given_twice():
    found = [
        (path, fault.found)
        for path, fault in contradictions(
            {"arms": [*ARMS, {"name": " tea "}, {"name": ""}, {"name": ""}]}
        )
    ]
    assert found == [(("arms", 2, "name"), "'tea' again, after number 1")]
    thrice = contradictions({"arms": [{"name": name} for name in ("a", "b", "b")]})
    assert [fault.found for _, fault in thrice] == ["'b' again, after number 2"]
    assert told(criteria=[("liking", 1), ("pain_relief", 1), ("liking", 1)]) == [
        (f"{PLACE}.2.outcome", "'liking' again, after number 1")
    ]


def test_the_reference_is_an_arm():
    assert told(reference="coffee") == []
    assert told(reference="cofee") == [("benefit_risk.reference", "'cofee'")]
    assert told(reference="cofee", study={"arms": [{}]}) == []
    (fault,) = [
        fault for _, fault in contradictions({"arms": ARMS, "benefit_risk": {"reference": "cofee"}})
    ]
    assert fault.fix == "Did you mean 'coffee'?"


def test_criteria_are_read_by_the_study():
    one = [("withdrawal_worst", 1)]
    assert told(criteria=one) == [(f"{PLACE}.0.outcome", "'withdrawal_worst'")]
    assert told(criteria=one, study={"indication": "withdrawal"}) == []
    assert told(criteria=one, study={"follow_up": {"outcomes": ["withdrawal_worst"]}}) == []
    assert told(criteria=[("liking", 1)], study={"follow_up": {"outcomes": ["qtc"]}}) == [
        (f"{PLACE}.0.outcome", "'liking'")
    ]
    assert told(criteria=[("no such outcome", 1)]) == []
    assert told(criteria=[("liking", 1)], study={"indication": "nonsense"}) == []
    assert told(criteria=[("liking", 1)], study={"follow_up": "x"}) == []
    assert told(criteria=[("liking", 1)], study={"follow_up": {"outcomes": "x"}}) == []


def test_an_order_names_each_criterion_once_and_goes_without_weights():
    both = [("liking", None), ("pain_relief", None)]
    assert told(criteria=both, order=["pain_relief", "liking"]) == []
    assert told(criteria=both, order=["liking", "liking"]) == [
        ("benefit_risk.order", "'liking' again")
    ]
    assert told(criteria=both, order=["likin"]) == [("benefit_risk.order", "'likin'")]
    assert told(criteria=[("liking", 1), ("pain_relief", None)], order=["liking"]) == [
        ("benefit_risk.order", "both")
    ]
    assert told(criteria=[("liking", -1)], order=[]) == [(f"{PLACE}.0.weight", "-1")]


def ratios(*entries, criteria=("liking", "pain_relief"), weight=None):
    return told(criteria=[(name, weight) for name in criteria], ratios=list(entries))


def test_ratios_are_of_two_criteria_between_two_numbers():
    place = "benefit_risk.ratios"
    good = {"of": "liking", "to": "pain_relief", "between": [0.5, 2.0]}
    assert ratios(good) == ratios({**good, "between": [2, 2]}) == []
    assert ratios(good, {**good, "to": "pain"}) == [(f"{place}.1.to", "'pain'")]
    assert ratios({**good, "of": "qtc"}) == [(f"{place}.0.of", "'qtc'")]
    assert ratios({**good, "to": "liking"}) == [(f"{place}.0.to", "'liking'")]
    for low, high in ((0, 2), (2, 1), (-1, 1)):
        found = [(f"{place}.0.between", f"{low} to {high}")]
        assert ratios({**good, "between": [low, high]}) == found
    assert ratios(good, weight=0.5) == [(place, "exact weights")]
    assert ratios(good, weight=[0.2, 0.8]) == []
    mixed = [("liking", 0.5), ("pain_relief", None)]
    assert told(criteria=mixed, ratios=[good]) == []
    assert [path for path, _ in told(criteria=[], ratios=[good])] == [
        f"{place}.0.of",
        f"{place}.0.to",
    ]
    assert ratios({**good, "between": [1]}) == []


def test_a_name_that_is_nearly_right_is_offered():
    table = {
        "arms": ARMS,
        "benefit_risk": {
            "criteria": [{"outcome": "liking"}],
            "ratios": [{"of": "likin", "to": "qqqqqq", "between": [1, 2]}],
        },
    }
    faults = {path[-1]: fault for path, fault in contradictions(table)}
    assert faults["of"].fix == "Did you mean liking?" and faults["to"].fix == ""
    plan = {
        "criteria": [{"outcome": "liking"}],
        "order": ["likin", "qqqqqq"],
        "reference": "qqqqqq",
    }
    fixes = [fault.fix for _, fault in contradictions({"arms": ARMS, "benefit_risk": plan})]
    assert fixes == ["", "Did you mean liking?", ""]


def test_no_plan_no_faults():
    assert (
        list(contradictions({})) == []
        and list(contradictions({"arms": "x", "benefit_risk": 3})) == []
    )
