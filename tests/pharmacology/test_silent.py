"""What a description says and no part of a model uses."""

from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.silent import silent, words


def test_what_a_model_holds_is_not_silent():
    who = Description({"female": 1.0, "weight": 60.0, "unheard of": 1.0})
    assert silent(["weight", "female"], who) == ()
    assert silent(["weight"], who) == ("female",)
    assert silent([], who) == ("female", "weight")


def test_age_acts_through_a_kidney_that_is_not_described():
    assert silent(["egfr"], Description({"age": 80.0})) == ()
    assert silent(["egfr"], Description({"age": 80.0, "egfr": 30.0})) == ("age",)
    assert silent(["weight"], Description({"age": 80.0})) == ("age",)


def test_words():
    assert (
        words("egfr", "kratom", [])
        == "no effect of kidney function is modelled on kratom without a drug"
    )
    assert (
        words("weight", "pain", ["a", "b"])
        == "no effect of weight is modelled on pain after a with b"
    )
