"""Other spellings of what an observations file says: metrics, statistics, spreads, units, routes, effects.

Reports write the same thing in many ways (`AUCinf`, `AUC0-∞`, `t1/2`, `geometric mean`, `PO`, `ng.h.mL-1`). What means
one thing only is understood; anything else is left as it stands, to be refused with a list of what is known.
"""

import re

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
    "vzf": "Vz_F",
    "vdf": "Vz_F",
    "vf": "Vz_F",
    "f": "F_absolute",
    "fabs": "F_absolute",
    "fabsolute": "F_absolute",
    "conc": "concentration",
}
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
    "unstated": "none",
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
}
_LETTERS = (
    ("µ", "u"),
    ("μ", "u"),
    ("·", "*"),
    ("⋅", "*"),
    ("×", "*"),
    ("⁻¹", "-1"),
    ("hr", "h"),
    ("mcg", "ug"),
)


def metric(text: str) -> tuple[str, str]:
    """A metric as the contract names it, and the time that its name holds (``AUC0-24`` ends at 24 h).

    Example:
        >>> metric("AUCinf"), metric("t1/2"), metric("AUC(0-24)"), metric("CL/F_ratio")
        (('AUC0-inf', ''), ('t_half', ''), ('AUC0-t', '24 h'), ('CL_F_ratio', ''))
    """
    plain = text.strip()
    ratio = "_ratio" if plain.casefold().endswith("ratio") else ""
    stem = re.sub(r"[_\s]*ratio$", "", plain, flags=re.IGNORECASE)
    partial = _PARTIAL.fullmatch(stem)
    if partial is not None:
        return f"AUC0-t{ratio}", f"{partial[1]} h"
    found = _METRICS.get(re.sub(r"[^a-z0-9∞]", "", stem.casefold()))
    return (found + ratio if found else plain), ""


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
        >>> spread("95% CI"), spread("SD")
        ('ci95', 'sd')
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
    """
    for written, plain in _LETTERS:
        text = text.replace(written, plain)
    text = re.sub(r"^(breaths?|beats?|bpm)?\s*/\s*min$|^bpm$", "1/min", text.strip())
    text = re.sub(r"\b([nupm]|)M\b", r"\1mol/L", text)
    text = re.sub(r"[ .*]*\b([A-Za-z]+)\^?-1\b", r"/\1", text.strip())
    return re.sub(r"(?<=[A-Za-z])[ .](?=[A-Za-z])", "*", text)
