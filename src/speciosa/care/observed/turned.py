"""What words of a row turn into its opposite, or into something that no arm is: "not retained", "methadone detoxification"."""

import re

_STAYING = r"(?:retain|retention|in treatment|on treatment|complet)"
_TURNS = (
    (
        re.compile(
            rf"(?:\bnot\b|\bno longer\b|\bnon\b|\bloss of\b|\bfail\w* to\b|\bwithout\b).*{_STAYING}|\bincomplet"
        ),
        "left",
    ),
    (re.compile(r"(?:\bnot\b|\bnever\b).*\brelaps"), "relapse free"),
)
_OTHER_DRUG = re.compile(
    r"cocaine|amphetamine|benzodiazepine|cannab|\bthc\b|alcohol|methadone|buprenorphine|barbiturate"
)
_OPIOID = re.compile(r"opioid|opiate|heroin|fentanyl|morphine|oxycodone")
_NO_COURSE = re.compile(
    r"\b(?:no|not|without|off)\s+(?:methadone|bup\w*|naltrexone|agonist|medic\w+)\b"
    r"|\b(?:alternate|every other|every second) days?\b"
    r"|\b(?:two|three|four|[2-6]) ?(?:times|x) (?:a |per )?week|\b(?:twice|thrice)[ -](?:a[ -])?week|\bmg ?/ ?kg\b"
)
_ENDS_SOON = re.compile(r"\bdetox|\bwithdrawal\b|\btaper")
_AFTER_IT = re.compile(
    r"\bnaltrexone\b|\bx?r?[ -]?ntx\b|\bvivitrol\b|\bafter (?:\w+ ){0,2}(?:detox|withdrawal)"
)
_UNSAID_DOSE = re.compile(r"\b(?:low|lower|minimal|medium|moderate)[ -]dose\b")
_STRENGTHS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:mg)?\s*/\s*\d+(?:\.\d+)?(?=\s*mg|\b(?!\s*/))")
_NUMBER_BEHIND = re.compile(
    r"\b(?:methadone|buprenorphine|naloxone|bup|bpn|bnx|suboxone|subutex)[ -](\d+(?:\.\d+)?)$"
)


def meant(quantity: str) -> str:
    """A quantity that is the opposite of another by the name that it has.

    Args:
        quantity: in lower case, its words apart by blanks.

    Example:
        >>> meant("not retained"), meant("non completion of treatment"), meant("retained"), meant("did not relapse")
        ('left', 'left', 'retained', 'relapse free')
    """
    return next((name for turns, name in _TURNS if turns.search(quantity)), quantity)


def of_another_drug(quantity: str) -> bool:
    """Whether urine tests are of something that is no opioid of the street, of which no plan says anything.

    Example:
        >>> of_another_drug("cocaine positive urine"), of_another_drug("opioid positive urine"), of_another_drug("positive urine")
        (True, False, False)
    """
    tested = "positive" in quantity or "negative" in quantity
    return tested and bool(_OTHER_DRUG.search(quantity)) and not _OPIOID.search(quantity)


def no_arm(text: str) -> bool:
    """Whether an arm in words is no treatment that goes on every day at a known dose, though it names a medicine.

    Example:
        >>> no_arm("methadone detoxification"), no_arm("no methadone"), no_arm("buprenorphine 32 mg alternate days")
        (True, True, True)
        >>> no_arm("low-dose methadone"), no_arm("low-dose methadone (20 mg)"), no_arm("methadone maintenance")
        (True, False, False)
        >>> no_arm("XR-NTX after detoxification"), no_arm("methadone without counselling")
        (False, False)
    """
    ends = bool(_ENDS_SOON.search(text)) and not _AFTER_IT.search(text)
    unsaid = bool(_UNSAID_DOSE.search(text)) and "mg" not in text
    return ends or unsaid or bool(_NO_COURSE.search(text))


def strength(text: str) -> str:
    """The same with the first of two strengths, that of buprenorphine beside naloxone, and with the unit of a bare number.

    Example:
        >>> strength("buprenorphine film 16/4 mg"), strength("buprenorphine naloxone 16/4"), strength("bup 24")
        ('buprenorphine film 16 mg', 'buprenorphine naloxone 16 mg', 'bup 24 mg')
    """
    text = _STRENGTHS.sub(r"\1", text, count=1)
    return _NUMBER_BEHIND.sub(lambda found: f"{found[0]} mg", text)
