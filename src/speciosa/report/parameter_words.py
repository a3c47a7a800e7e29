"""Parameters of the models in a reader's words."""

_EFFECTS = {
    "ventilation": "breathing",
    "pain": "pain relief",
    "pupil": "the pupil",
    "liking": "liking",
    "sedation": "sedation",
    "gut": "nausea and constipation",
    "heart": "the QT interval",
    "adaptation": "tolerance",
    "withdrawal": "withdrawal",
}
_OF_EFFECT = {
    "slope": "how steeply {} follows opioid action",
    "reserve": "the opioid receptor reserve for {}",
    "tolerance": "how far tolerance goes for {}",
    "tolerance_time": "how fast {} comes and goes",
    "responsive": "the share of pain that opioids can relieve",
    "baseline": "{} before treatment",
    "placebo": "the response to placebo in {}",
    "alpha2": "the part of alpha-2 receptors in {}",
    "serotonin_1a": "the part of serotonin 5-HT1A receptors in {}",
    "serotonin": "the part of serotonin uptake in {}",
    "noradrenaline": "the part of noradrenaline uptake in {}",
    "delta": "the part of delta receptors in {}",
    "kappa": "how kappa receptors spoil {}",
    "limit": "how far dependence can go",
    "half": "how much dependence gives half of the worst {}",
    "slow_time": "how slowly dependence comes and goes",
    "gain": "how strongly {} follows exposure",
}
_OF_SUBSTANCE = {
    "CL": "clearance of {}",
    "V1": "volume of distribution of {}",
    "V2": "volume of distribution of {}",
    "Q2": "speed of distribution of {}",
    "F": "bioavailability of {}",
    "Fh": "share of {} that passes the liver",
    "Fg": "share of {} that passes the gut wall",
    "ka": "speed of absorption of {}",
    "fu": "share of {} not bound in plasma",
    "kpuu": "entry of {} into the brain",
    "ke0": "speed of entry of {} into the brain",
    "efficacy": "efficacy of {} at the mu receptor",
    "mor_ki": "affinity of {} for the mu receptor",
    "mor_k": "affinity of {} for the mu receptor",
    "mor_c50": "potency of {} at the mu receptor",
    "kor_ratio": "affinity of {} for the kappa receptor",
    "dor_ratio": "affinity of {} for the delta receptor",
    "alpha2a_k": "affinity of {} for alpha-2A receptors",
    "alpha2a_efficacy": "efficacy of {} at alpha-2A receptors",
    "serotonin_1a_k": "affinity of {} for serotonin 5-HT1A receptors",
    "herg_k": "affinity of {} for the hERG channel",
    "content": "content of {} in the product",
    "scale": "potency of all alkaloids of {} in people",
}


def in_words(name: str) -> str:
    """What a parameter is; its name with spaces where there are no better words.

    Example:
        >>> in_words("effects.pain.serotonin_1a"), in_words("mitragynine.disposition.CL")
        ('the part of serotonin 5-HT1A receptors in pain relief', 'clearance of mitragynine')
        >>> in_words("effects.7_hydroxymitragynine.fu"), in_words("enterocyte_flow")
        ('share of 7-hydroxymitragynine not bound in plasma', 'enterocyte flow')
        >>> in_words("oxycodone.covariates.age")
        'how much age matters to oxycodone'
    """
    first, _, rest = name.partition(".")
    owner = rest.partition(".")[0] if first == "effects" else first
    key = name.rpartition(".")[2]
    if first == "effects" and owner in _EFFECTS:
        words = _OF_EFFECT.get(key)
        return words.format(_EFFECTS[owner]) if words else f"{_EFFECTS[owner]}: {_spaced(key)}"
    if rest.startswith("covariates."):
        return f"how much {_spaced(key)} matters to {substance_in_words(owner)}"
    words = _OF_SUBSTANCE.get(key) if rest else None
    return words.format(substance_in_words(owner)) if words else _spaced(name)


def substance_in_words(name: str) -> str:
    """A substance as chemists write it: a number at its head is joined by a hyphen."""
    head, _, tail = name.partition("_")
    return f"{head}-{_spaced(tail)}" if head.isdigit() and tail else _spaced(name)


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace(".", ", ")
