"""What words of papers tell of the people, the doses and the medicine of a study."""

import pytest

from speciosa.care.observed.arm_words import start_of
from speciosa.care.observed.settings import setting_of


@pytest.mark.parametrize(
    ("words", "detoxified"),
    [
        ("randomised after detoxification; Russia", True),
        ("Inpatients, after medically supervised withdrawal", True),
        ("people already detoxified", True),
        ("detoxified before", True),
        ("randomised before detoxification was complete", False),
        ("detoxification not completed", False),
        ("three years after the study", False),
        ("", False),
    ],
)
def test_who_was_detoxified_is_read_from_words(words, detoxified):
    assert setting_of(words).detoxified is detoxified


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("abstinent at randomisation", 0.0),
        ("opioid-free for at least 2 weeks", 14.0),
        ("released from jail", 0.0),
        ("begun in prison before release", 0.0),
        ("after detoxification", 0.0),
        ("not abstinent at entry", None),
        ("share abstinent in week 12", None),
        ("people on parole, sent by courts", None),
        ("20% released from prison", None),
        ("before detoxification was complete", None),
    ],
)
def test_who_begins_without_use_is_read_from_words(words, days):
    told = setting_of(words)
    assert told.abstinent is (days is not None) and told.abstinent_d == (days or 0.0)


@pytest.mark.parametrize(
    ("words", "homeless", "justice"),
    [
        ("people without a home who inject", 1.0, 0.0),
        ("homeless adults in routine care", 1.0, 0.0),
        ("39% were homeless; 74% on parole", 0.39, 0.74),
        ("excluded homeless people, none on probation", 0.0, 0.0),
        ("from jail, first dose before release", 0.0, 1.0),
        ("begun in prison before release", 0.0, 1.0),
        ("more than half sent by compulsory centres", 0.0, 0.5),
        ("criminal justice offenders", 0.0, 1.0),
        ("a prisoner of habit at home", 0.0, 0.0),
    ],
)
def test_who_has_no_home_and_who_is_sent_by_courts_is_read_from_words(words, homeless, justice):
    told = setting_of(words)
    assert (told.homeless, told.justice) == (homeless, justice)


@pytest.mark.parametrize(
    ("words", "study", "heroin"),
    [
        ("", "", False),
        ("", "Cornish 2010", True),
        ("British Columbia before fentanyl", "Pearce 2020", True),
        ("years in which fentanyl came", "Chambers 2023", False),
    ],
)
def test_the_supply_of_a_named_study_is_its_own(words, study, heroin):
    assert setting_of(words, study).heroin is heroin


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("monthly buprenorphine", "300 mg buprenorphine_depot depot every 28 d"),
        ("weekly injected buprenorphine 16 mg", "16 mg buprenorphine_weekly depot every 7 d"),
        ("naltrexone 100 mg tablets", "100 mg naltrexone oral daily"),
        ("naltrexone 50 mg", "50 mg naltrexone oral daily"),
        ("XR-NTX", "380 mg naltrexone_depot depot every 28 d"),
        ("Extended-release naltrexone, monthly", "380 mg naltrexone_depot depot every 28 d"),
        ("naltrexone 50 mg/day", "50 mg naltrexone oral daily"),
        ("methadone 60–100 mg", "80 mg methadone oral daily"),
        ("Methadone maintenance treatment", "85 mg methadone oral daily"),
        ("Buprenorphine/naloxone 16 mg/day", "16 mg buprenorphine_naloxone sublingual daily"),
        ("buprenorphine 8 mg", "8 mg buprenorphine sublingual daily"),
        ("BUP-XR 300 mg", "300 mg buprenorphine_depot depot every 28 d"),
        ("300 mg buprenorphine_depot monthly", "300 mg buprenorphine_depot depot every 28 d"),
        ("weekly buprenorphine depot", "24 mg buprenorphine_weekly depot every 7 d"),
        ("CAM2038 monthly", "96 mg buprenorphine_monthly_cam2038 depot every 28 d"),
        ("Sublocade", "300 mg buprenorphine_depot depot every 28 d"),
        ("placebo injections", "placebo"),
        ("buprenorphine implants", None),
        ("methadone or buprenorphine", None),
        ("methadone taper", None),
        ("2 spoons of hope", None),
    ],
)
def test_arms_are_read_as_papers_name_them(words, start):
    assert start_of(words) == start


@pytest.mark.parametrize(
    "words",
    [
        "methadone detoxification",
        "buprenorphine-assisted withdrawal",
        "no methadone",
        "without buprenorphine",
        "buprenorphine 16 mg three times weekly",
        "buprenorphine 32 mg alternate days",
        "methadone 1 mg/kg",
        "low-dose methadone",
    ],
)
def test_what_is_no_daily_course_at_a_known_dose_is_no_arm(words):
    assert start_of(words) is None


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("buprenorphine film 16/4 mg", "16 mg buprenorphine sublingual daily"),
        ("buprenorphine-naloxone 16/4", "16 mg buprenorphine_naloxone sublingual daily"),
        ("methadone without counselling", "85 mg methadone oral daily"),
    ],
)
def test_strengths_and_what_is_left_out_are_read(words, start):
    assert start_of(words) == start
