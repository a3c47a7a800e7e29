"""What a plan asks, as typed records; `read` fills them from a file."""

from dataclasses import dataclass

from speciosa.care.people import Characteristics

MOST_PEOPLE, MOST_DRAWS, LONGEST_D = 1_000_000, 100, 3654
CALIBRATED_D = 366
"""Follow-up beyond this is a warning: no retention and no use was calibrated there, only deaths."""
CONDITIONS = ("opioid use disorder", "chronic pain")
UNTREATED, DETOXIFICATION, PLACEBO = "untreated", "detoxification", "placebo"
SCENARIOS = ("as buprenorphine", "as untreated", "between")
"""What may be assumed of leaving where no study has followed people."""
TRIAL, ELSEWHERE, ROUTINE, UNKNOWN = SETTINGS = (
    "trial",
    "other trials",
    "routine care",
    "not known",
)
"""Where people are treated: as in CTN-0027, in trials of others, as registers and practices see them leave, or in one of these."""
FLEXIBLE, FIXED = DOSING = ("flexible", "fixed")
"""Whether doses are set for each person, as in CTN-0027, or are the same for all."""
USING, ABSTINENT = BEGINS = ("using", "abstinent")
"""Whether people use when they come, or were detoxified or did not use for a time."""
OUTCOMES = (
    "retention",
    "abstinent_weeks",
    "days_of_use",
    "relapse",
    "overdose",
    "overdose_death",
    "death",
    "dependence",
    "pain_relief",
    "qaly",
)


@dataclass(frozen=True)
class PlanArm:
    """One way to treat.

    Attributes:
        name: shown in the report.
        start: a regimen that goes on, ``placebo``, ``untreated`` or ``detoxification``.
        then: what follows after `after_d`; empty for nothing.
        after_d: days after which `then` begins.
        lasts_d: days after which treatment ends as planned; none where it goes on.
        taper_d: days at its end over which the dose goes down.
        detoxification_d: days of detoxification before a first dose.
        behavioural: kinds of care beside the medicine.
        returns: ``observed``, ``none``, or a rate in returns a day.
        retention: scenarios of leaving; empty for the calibrated curve.
        using_after: share who return to use within days of leaving, where the plan says.
        setting: one of `SETTINGS`; empty where the plan does not say, which is as in CTN-0027 for the plan's own people.
        dosing: one of `DOSING`.
        untold: standard deviation, between studies, of the log hazard of leaving by what nothing is told of them.
        begins: one of `BEGINS`; empty for what the start says: naltrexone without detoxification begins abstinent.
        abstinent_d: days for which people who begin abstinent have not used where they could.
    """

    name: str
    start: str
    then: str = ""
    after_d: float = 0.0
    lasts_d: float | None = None
    taper_d: float = 0.0
    detoxification_d: float = 0.0
    behavioural: tuple[str, ...] = ()
    returns: str | float = "observed"
    retention: tuple[str, ...] = ()
    using_after: float | None = None
    setting: str = ""
    dosing: str = FLEXIBLE
    untold: float = 0.0
    begins: str = ""
    abstinent_d: float = 0.0


@dataclass(frozen=True)
class Plan:
    """A question about treatment over months and years.

    Attributes:
        title: of the report.
        people: simulated in each draw and arm, the same in all arms.
        draws: of the uncertain parameters.
        seed: of people.
        characteristics: who they are.
        group: the name of the group, or ``as stated``.
        fentanyl: share of the supply that is fentanyl-like.
        habitual_mme: use before treatment, mg of morphine a day or its equal.
        condition: ``opioid use disorder`` or ``chronic pain``.
        arms: what is compared; the first is the reference.
        until_d: days of follow-up, whole weeks.
        outcomes: wanted.
        text: of the file.
        notes: what a reader must know of it.
    """

    title: str
    people: int
    draws: int
    seed: int
    characteristics: Characteristics
    group: str
    fentanyl: float
    habitual_mme: float
    condition: str
    arms: tuple[PlanArm, ...]
    until_d: int
    outcomes: tuple[str, ...]
    text: str
    notes: tuple[str, ...] = ()
