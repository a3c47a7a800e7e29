"""Other spellings of what an observations file says: metrics, statistics, spreads, units, routes, effects.

Reports write the same thing in many ways (`AUCinf`, `AUC0-∞`, `t1/2`, `geometric mean`, `PO`, `ng.h.mL-1`). What means
one thing only is understood; anything else is left as it stands, to be refused with a list of what is known.
"""

import re

from speciosa import units

_METRICS = {
    "auc": "AUC",
    "aucinf": "AUC0-inf",
    "auc0inf": "AUC0-inf",
    "auc0∞": "AUC0-inf",
    "auc∞": "AUC0-inf",
    "auclast": "AUC0-t",
    "auct": "AUC0-t",
    "auc0t": "AUC0-t",
    "auc0last": "AUC0-t",
    "auctau": "AUC_tau",
    "auc0tau": "AUC_tau",
    "aucss": "AUC_tau",
    "cmaxss": "Cmax",
    "tmaxss": "Tmax",
    "cminss": "Cmin",
    "ctrough": "Cmin",
    "css": "Css_avg",
    "cssav": "Css_avg",
    "cssavg": "Css_avg",
    "cavg": "Css_avg",
    "cav": "Css_avg",
    "t12": "t_half",
    "thalf": "t_half",
    "halflife": "t_half",
    "clf": "CL_F",
    "vz": "Vz",
    "vdarea": "Vz",
    "vdbeta": "Vz",
    "vdβ": "Vz",
    "vss": "Vss",
    "vdss": "Vss",
    "vd": "Vd",
    "vzf": "Vz_F",
    "vdf": "Vz_F",
    "vf": "Vz_F",
    "f": "F_absolute",
    "fabs": "F_absolute",
    "fabsolute": "F_absolute",
    "conc": "concentration",
    "aucratio": "AUC0-inf_ratio",
    "aucr": "AUC0-inf_ratio",
    "metabolicratio": "AUC0-inf_ratio",
    "metaboliteratio": "AUC0-inf_ratio",
    "metabolitetoparentratio": "AUC0-inf_ratio",
    "mr": "AUC0-inf_ratio",
    "mpratio": "AUC0-inf_ratio",
    "mp": "AUC0-inf_ratio",
    "halflifeβ": "t_half",
    "t12β": "t_half",
    "t12z": "t_half",
    "t12el": "t_half",
    "clearance": "CL",
    "clt": "CL",
    "cltot": "CL",
    "clpo": "CL_F",
    "cloral": "CL_F",
    "oralclearance": "CL_F",
    "bioavailability": "F_absolute",
}
_OF_DOSE = re.compile(
    r"^(?:dose[\s_-]*(?:normali[sz]ed|adjusted|corrected)|dn)[\s_-]+|\s*/\s*(?:d|dose)$"
    r"|[\s_-]+(?:dn|per[\s_-]dose|dose[\s_-]*(?:normali[sz]ed|adjusted|corrected))$",
    re.IGNORECASE,
)
_PARTIAL = re.compile(r"auc[\s_(\[]*0?\s*[-–to]*\s*(\d+\.?\d*)\s*h?[\])]?", re.IGNORECASE)

_STATISTICS = {
    "geometric mean": "geomean",
    "geo mean": "geomean",
    "gmean": "geomean",
    "gm": "geomean",
    "arithmetic mean": "mean",
    "average": "mean",
    "individual": "single",
}
_SPREADS = {
    "cv": "cv%",
    "%cv": "cv%",
    "gcv": "cv%",
    "gcv%": "cv%",
    "geocv": "cv%",
    "sem": "se",
    "90ci": "ci90",
    "90%ci": "ci90",
    "ci90%": "ci90",
    "95ci": "ci95",
    "95%ci": "ci95",
    "ci95%": "ci95",
    "ci": "ci95",
    "minmax": "range",
    "±": "unstated",
    "+": "unstated",
    "+/": "unstated",
}
_ROUTES = {"po": "oral", "p.o.": "oral", "sl": "sublingual", "td": "transdermal", "i.v.": "iv"}
_ROUTES |= {"i.m.": "im", "s.c.": "sc", "subcutaneous": "sc", "intravenous": "iv"}
_ROUTES |= {"intramuscular": "im", "nasal": "intranasal", "in": "intranasal"}
_ROUTES |= {
    name: name for name in ("oral", "iv", "im", "sc", "sublingual", "buccal", "transdermal")
}
_ROUTES |= {name: name for name in ("intranasal", "transmucosal", "depot")}
_NO_DRUG = frozenset({"placebo", "no drug", "nothing", "none", "vehicle", "baseline"})
_EFFECTS = {
    "petco2": "petco2_mmhg",
    "etco2": "petco2_mmhg",
    "pupil": "pupil_diameter_mm",
    "pupil_diameter": "pupil_diameter_mm",
    "qtc": "qtc_change_ms",
    "qtc_change": "qtc_change_ms",
    "liking": "liking_vas",
    "drug_liking": "liking_vas",
    "pain": "pain_nrs",
    "nrs": "pain_nrs",
    "acute_pain": "acute_pain_nrs",
    "pain_intensity": "pain_nrs",
    "pain_score": "pain_nrs",
    "pain_vas": "pain_nrs",
    "vas_pain": "pain_nrs",
    "npr": "pain_nrs",
    "nprs": "pain_nrs",
    "postoperative_pain": "acute_pain_nrs",
    "cold_pressor": "pain_tolerance_ratio",
    "cold_pressor_tolerance": "pain_tolerance_ratio",
    "cold_pain_tolerance": "pain_tolerance_ratio",
    "cpt_tolerance": "pain_tolerance_ratio",
    "electrical_pain_tolerance": "pain_tolerance_ratio",
    "heat_pain_tolerance": "pain_tolerance_ratio",
    "pain_tolerance": "pain_tolerance_ratio",
    "vas_liking": "liking_vas",
    "drug_liking_vas": "liking_vas",
    "emax_drug_liking": "liking_vas",
    "ve": "minute_ventilation",
    "minute_volume": "minute_ventilation",
    "ventilation": "minute_ventilation",
    "breathing_rate": "respiratory_rate",
    "rr": "respiratory_rate",
    "respiration_rate": "respiratory_rate",
    "breaths_per_minute": "respiratory_rate",
    "end_tidal_co2": "petco2_mmhg",
    "endtidal_co2": "petco2_mmhg",
    "pco2": "petco2_mmhg",
    "paco2": "petco2_mmhg",
    "etpco2": "petco2_mmhg",
    "pupil_size": "pupil_diameter_mm",
    "miosis": "pupil_diameter_mm",
    "qtcf": "qtc_change_ms",
    "qtcb": "qtc_change_ms",
    "δqtc": "qtc_change_ms",
    "δqtcf": "qtc_change_ms",
    "receptor_occupancy": "mor_occupancy",
    "mu_occupancy": "mor_occupancy",
    "mu_opioid_receptor_occupancy": "mor_occupancy",
    "clinical_opiate_withdrawal_scale": "cows",
    "subjective_opiate_withdrawal_scale": "sows",
    "somnolence": "sedation_probability",
    "sedation": "sedation_probability",
    "nausea": "nausea_probability",
    "constipation": "constipation_probability",
}
_NOT_MODELLED = {
    "oows": "No model of the objective scale of opiate withdrawal; the nearest are cows and sows.",
    "objective_opiate_withdrawal_scale": "No model of this scale; the nearest are cows and sows.",
    "wang": "No model of this scale of withdrawal; the nearest are cows and sows.",
    "cina": "No model of this scale of withdrawal; the nearest are cows and sows.",
    "ramsay": "No model of scales of sedation; the nearest is sedation_probability.",
    "oaa/s": "No model of scales of sedation; the nearest is sedation_probability.",
    "moaa/s": "No model of scales of sedation; the nearest is sedation_probability.",
    "rass": "No model of scales of sedation; the nearest is sedation_probability.",
    "poss": "No model of scales of sedation; the nearest is sedation_probability.",
    "bis": "No model of the electroencephalogram.",
    "dsst": "No model of psychomotor tests; the nearest is sedation_probability.",
    "digit_symbol_substitution": "No model of psychomotor tests; the nearest is sedation_probability.",
    "spo2": "Saturation is part of the model of overdose (`speciosa overdose`), not of observations.",
    "oxygen_saturation": "Saturation is part of the model of overdose (`speciosa overdose`).",
    "heart_rate": "No model of heart rate.",
    "blood_pressure": "No model of blood pressure.",
    "craving": "No model of craving; the nearest is sows.",
    "womac": "No model of this scale; the nearest is pain_nrs.",
    "bpi": "No model of this scale; the nearest is pain_nrs.",
    "pain_threshold": "No model of thresholds of pain; the nearest is pain_tolerance_ratio.",
    "temporal_summation": "No model of summation of pain; the nearest is pain_tolerance_ratio.",
}
"""Scales and tests that studies print and the models do not give, each with the nearest that they do."""
_LETTERS = (
    ("µ", "u"),
    ("μ", "u"),
    ("·", "*"),
    ("⋅", "*"),
    ("×", "*"),
    ("⁻¹", "-1"),
    ("hr", "h"),
    ("mcg", "ug"),
    ("mm Hg", "mmHg"),
)


def metric(text: str) -> tuple[str, str]:
    """A metric as the contract names it, and the time that its name holds (``AUC0-24`` ends at 24 h).

    Example:
        >>> metric("AUCinf"), metric("t1/2"), metric("AUC(0-24)"), metric("CL/F_ratio")
        (('AUC0-inf', ''), ('t_half', ''), ('AUC0-t', '24 h'), ('CL_F_ratio', ''))
        >>> metric("dose-normalised AUC0-inf ratio"), metric("Cmax/D"), metric("metabolic ratio")
        (('AUC0-inf_per_dose_ratio', ''), ('Cmax_per_dose', ''), ('AUC0-inf_ratio', ''))
    """
    plain = text.strip()
    ratio = "_ratio" if plain.casefold().endswith("ratio") else ""
    named = _METRICS.get(_bare(plain))
    if ratio and named is not None and named.endswith("_ratio"):
        return named, ""
    stem = re.sub(r"[_\s]*ratio$", "", plain, flags=re.IGNORECASE)
    written, stem = stem, _OF_DOSE.sub("", stem.strip())
    ending = ("_per_dose" if stem != written else "") + ratio
    partial = _PARTIAL.fullmatch(stem)
    if partial is not None:
        return f"AUC0-t{ending}", f"{partial[1]} h"
    found = _METRICS.get(_bare(stem))
    if found is not None and found.endswith("_ratio"):
        return found, ""
    return (found or stem) + ending, ""


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9∞β]", "", text.casefold())


def statistic(text: str) -> str:
    """A statistic as the contract names it.

    Example:
        >>> statistic("Geometric mean"), statistic("median")
        ('geomean', 'median')
    """
    plain = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return _STATISTICS.get(plain, plain)


def spread(text: str) -> str:
    """A kind of spread as the contract names it.

    Example:
        >>> spread("95% CI"), spread("SD"), spread("+/-")
        ('ci95', 'sd', 'unstated')
    """
    plain = re.sub(r"[\s_-]", "", text.casefold())
    return _SPREADS.get(plain, plain)


def effect(text: str) -> str:
    """An effect as the models name it; any other name as it stands.

    Example:
        >>> effect("Pupil diameter"), effect("COWS"), effect("morphine")
        ('pupil_diameter_mm', 'cows', 'morphine')
    """
    plain = text.strip().casefold().replace(" ", "_").replace("-", "_")
    return _EFFECTS.get(plain, plain)


def not_modelled(text: str) -> str:
    """Why a scale or test that studies print cannot be predicted, and what is nearest; nothing of other names.

    Example:
        >>> not_modelled("OOWS")
        'No model of the objective scale of opiate withdrawal; the nearest are cows and sows.'
    """
    plain = text.strip().casefold().replace(" ", "_").replace("-", "_")
    return _NOT_MODELLED.get(plain, "")


def doses(text: str) -> str:
    """A regimen with the routes as regimens name them; ``none`` for placebo.

    Example:
        >>> doses("10 mg morphine PO; 2 mg midazolam IV"), doses("Placebo")
        ('10 mg morphine oral; 2 mg midazolam iv', 'none')
    """
    if text.strip().casefold() in _NO_DRUG:
        return "none"
    return ";".join(_route(part) for part in text.split(";"))


def _route(dose: str) -> str:
    words = dose.split(" ")
    # The route follows amount, unit and product.
    place = [n for n, word in enumerate(words) if word]
    for n in place[3:4]:
        words[n] = _ROUTES.get(words[n].casefold(), words[n])
    return " ".join(words)


def unit(text: str) -> str:
    """A unit in the spelling that the program reads.

    Example:
        >>> unit("ng·hr/mL"), unit("h ng/mL"), unit("µg.h/L"), unit("mL min-1 kg-1"), unit("nM")
        ('ng*h/mL', 'h*ng/mL', 'ug*h/L', 'mL/min/kg', 'nmol/L')
        >>> unit("mm[Hg]"), unit("{breaths}/min"), unit("ng.h/mL"), unit("ng/mL/(mg)")
        ('mmHg', '1/min', 'ng*h/mL', 'ng/mL/mg')
    """
    for written, plain in _LETTERS:
        text = text.replace(written, plain)
    text = units.plain(text.strip())
    text = re.sub(r"^(breaths?|beats?|bpm)?\s*/\s*min$|^bpm$", "1/min", text.strip())
    text = re.sub(r"/\(([a-zA-Z]+)\)$", r"/\1", text)
    text = re.sub(r"\b([nupm]|)M\b", r"\1mol/L", text)
    text = re.sub(r"[ .*]*\b([A-Za-z]+)\^?-1\b", r"/\1", text.strip())
    return re.sub(r"(?<=[A-Za-z])[ .](?=[A-Za-z])", "*", text)
