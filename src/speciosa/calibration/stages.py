"""The stages of the calibration of the effects: which observations are fitted, and what is free."""

from dataclasses import dataclass

from speciosa.validation.arms import plan
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.observations import Observation


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the calibration: which effects are fitted and what is free.

    Attributes:
        name: in words.
        analytes: the observations used.
        free: typical values that are estimated.
        spreads: parameters whose spread between patients is estimated.
        of: the substances whose rows it takes, which no other stage then does; all where none is named.
        crowd: how many times as many people the fit takes last as it takes at first: many where means of few who answer count.
    """

    name: str
    analytes: frozenset[str]
    free: tuple[str, ...]
    spreads: tuple[str, ...] = ()
    of: frozenset[str] = frozenset()
    crowd: int = 1

    def takes(self, row: Observation) -> bool:
        """Whether a row is fitted here."""
        if row.analyte not in self.analytes:
            return False
        given = {name for arm in arms_of(row) for name in plan(arm).substances}
        named = [stage.of for stage in STAGES if row.analyte in stage.analytes and stage.of & given]
        return named == ([self.of] if self.of else [])


STAGES = (
    Stage(
        "receptors and breathing",
        frozenset({"ventilation_fraction", "free_ventilation_fraction", "mor_occupancy"}),
        (
            "fentanyl.mor_c50",
            "fentanyl.ke0",
            "morphine.mor_c50",
            "buprenorphine.mor_k",
            "buprenorphine.koff",
            "buprenorphine.ke0",
            "buprenorphine.efficacy",
            "buprenorphine.wakefulness_efficacy",
            "naloxone.mor_k",
            "naltrexone.mor_k",
            "ventilation.wakefulness",
            "ventilation.wakefulness_share",
            "ventilation.tolerance",
        ),
    ),
    Stage(
        "tramadol",
        frozenset({"ventilation_fraction", "free_ventilation_fraction"}),
        (
            "o_desmethyltramadol.mor_ratio",
            "o_desmethyltramadol.efficacy",
            "o_desmethyltramadol.ke0",
        ),
        of=frozenset({"tramadol"}),
    ),
    Stage(
        "pain",
        frozenset({"pain_nrs", "acute_pain_nrs", "pain_tolerance_ratio"}),
        (
            "cyclooxygenase.relief_acute",
            "cyclooxygenase.relief_osteoarthritis",
            "ibuprofen.relief_c50",
            "diclofenac.relief_c50",
            "ketorolac.relief_c50",
            "aspirin.relief_c50",
            "acetaminophen.relief_c50",
            "acetaminophen.relief_acute",
            "acetaminophen.relief_osteoarthritis",
            "acetaminophen.relief_low_back",
            "metamizole.relief_acute",
            "suzetrigine.relief_acute",
            "monoamine.relief_osteoarthritis",
            "monoamine.relief_low_back",
            "monoamine.relief_neuropathic",
            "alpha2delta.relief_neuropathic",
            "alpha2delta.relief_low_back",
            "pain.placebo",
            "acute_pain.placebo",
            "acute_pain.placebo_dental",
            "acute_pain.beside_rescue",
            "oxycodone.mor_ratio",
            "hydromorphone.mor_ratio",
            "oxymorphone.mor_ratio",
            "tapentadol.mor_ratio",
            "tramadol.net_k",
            "pain.reserve",
            "pain.slope",
            "pain.responsive_low_back",
            "pain.responsive_osteoarthritis",
            "pain.responsive_neuropathic",
            "pain.responsive_fibromyalgia",
            "pain.tolerance",
            "pain.noradrenaline",
            "acute_pain.noradrenaline",
            "acute_pain.opioid_dental",
            "pain.serotonin",
            "pain.experimental_gain",
        ),
        ("pain.placebo", "pain.response", "acute_pain.response"),
        crowd=4,
    ),
    Stage(
        "breathing of other drugs",
        frozenset({"ventilation_fraction", "free_ventilation_fraction"}),
        (
            "oxycodone.wakefulness_c50",
            "tapentadol.wakefulness_c50",
            "remifentanil.mor_c50",
            "remifentanil.ke0",
            "nalmefene.mor_k",
            "ventilation.sedative_maximum",
            "ventilation.sedative_rhythm",
        ),
        of=frozenset({"oxycodone", "tapentadol", "remifentanil", "nalmefene", "midazolam"}),
    ),
    Stage(
        "withdrawal",
        frozenset({"cows"}),
        (
            "withdrawal.reserve",
            "withdrawal.limit",
            "withdrawal.partial_loss",
            "withdrawal.slow_time",
            "withdrawal.fast_share",
            "withdrawal.half",
            "withdrawal.slope",
            "withdrawal.complaints",
        ),
        ("withdrawal.half", "withdrawal.complaints", "withdrawal.reserve"),
    ),
    Stage(
        "kratom",
        frozenset({"pupil_diameter_mm", "sows"}),
        (
            "kratom.scale",
            "mitragynine.efficacy",
            "mitragynine.fu",
            "mitragynine.kpuu",
            "7_hydroxymitragynine.efficacy",
            "7_hydroxymitragynine.fu",
            "7_hydroxymitragynine.kpuu",
        ),
    ),
    Stage(
        "QTc",
        frozenset({"qtc_change_ms"}),
        ("heart.half_block", "heart.opioid", "methadone.herg_k", "mitragynine.herg_k"),
    ),
    Stage(
        "adverse events",
        frozenset({"sedation_probability", "nausea_probability", "constipation_probability"}),
        (
            "sedation.intercept",
            "sedation.gain",
            "gut.nausea_baseline",
            "gut.nausea_gain",
            "gut.constipation_baseline",
            "gut.constipation_gain",
        ),
    ),
    Stage("liking", frozenset({"liking_vas"}), ("liking.power", "liking.onset")),
)
"""The stages, in order; each takes the estimates of those before it.

What a later stage holds does not move an earlier one: the withdrawal model is the roughest and shall not bend the
receptors (modular inference; Plummer M, Stat Comput 2015;25:37, doi:10.1007/s11222-014-9503-z).
"""
