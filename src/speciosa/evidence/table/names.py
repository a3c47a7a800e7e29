"""What the name of a column means: the synonyms of common programs first, then the words of the name.

A name is understood as a whole or not at all: ``Experimental cases`` is ``events_t``, ``n (control)`` is ``n_c``,
``log(OR)`` is an effect on the log scale, ``95% CI lower`` a lower limit; ``deaths at 30 days`` is nothing that could be
guessed.
"""

import re
from dataclasses import dataclass
from functools import cache

SYNONYMS: dict[str, tuple[str, ...]] = {
    "study": (
        *("study", "studlab", "study_id", "slab", "label", "author", "authors", "first_author"),
        *("trial", "trial_id", "trial_name", "id"),
    ),
    "events_t": (
        *("events_t", "event_t", "events_e", "event_e", "ai", "x1i", "tpos"),
        *("events1", "event1", "r1", "rt", "xt", "xti", "ee"),
    ),
    "events_c": (
        *("events_c", "event_c", "ci", "x2i", "cpos"),
        *("events2", "event2", "r2", "rc", "xc", "xci", "ec"),
    ),
    "nonevents_t": ("nonevents_t", "bi", "tneg"),
    "nonevents_c": ("nonevents_c", "di", "cneg"),
    "n_t": ("n_t", "n_e", "n1i", "total_t", "n1", "nt", "nti", "ne", "total1"),
    "n_c": ("n_c", "n2i", "total_c", "n2", "nc", "nci", "total2"),
    "mean_t": ("mean_t", "mean_e", "m1i", "mean1", "m1", "y1", "mt", "mti", "me"),
    "mean_c": ("mean_c", "m2i", "mean2", "m2", "y2", "mc", "mci"),
    "sd_t": ("sd_t", "sd_e", "sd1i", "sd1", "sdt", "sdti"),
    "sd_c": ("sd_c", "sd2i", "sd2", "sdc", "sdci"),
    "time_t": (
        *("time_t", "time_e", "person_time_t", "persontime_t", "person_years_t", "pt_t", "py_t"),
        *("t1i", "time1"),
    ),
    "time_c": (
        *("time_c", "person_time_c", "persontime_c", "person_years_c", "pt_c", "py_c"),
        *("t2i", "time2"),
    ),
    "events": ("events", "event", "xi", "x"),
    "n": ("n", "ni", "total"),
    "time": ("time", "person_time", "persontime", "person_years", "ti"),
    "mean": ("mean", "mi"),
    "sd": ("sd", "sdi"),
    "mean_post": ("mean_post", "mean_after"),
    "mean_pre": ("mean_pre", "mean_before"),
    "sd_post": ("sd_post", "sd_after"),
    "sd_pre": ("sd_pre", "sd_before"),
    "correlation": ("correlation", "corr", "ri"),
    "effect": ("effect", "te", "yi"),
    "se": ("se", "sete", "sei", "standard_error", "std_err", "se_te"),
    "variance": ("variance", "vi", "var", "varte", "sampling_variance"),
    "ci_low": ("ci_low", "ci_lower", "lower", "ci_lb", "lci", "lcl"),
    "ci_high": ("ci_high", "ci_upper", "upper", "ci_ub", "uci", "ucl"),
    "design_effect": ("design_effect", "deff"),
    "icc": ("icc",),
    "cluster_size": ("cluster_size", "mean_cluster_size", "average_cluster_size"),
    "year": ("year", "study_year"),
}
_TREATED = {
    *("experimental", "exp", "expt", "treatment", "treated", "treat", "trt", "tx"),
    *("intervention", "active", "verum", "t", "e"),
}
_CONTROL = {
    "control",
    "controls",
    "ctrl",
    "ctl",
    "con",
    "comparator",
    "comparison",
    "placebo",
    "pbo",
    "c",
}
_FILLER = {
    "group",
    "arm",
    "of",
    "no",
    "number",
    "num",
    "the",
    "in",
    "patients",
    "participants",
    "people",
}
_QUANTITIES = {
    "events": "events", "event": "events", "cases": "events", "responders": "events",
    "n": "n", "total": "n", "size": "n", "sample": "n", "samplesize": "n", "ntotal": "n", "": "n",
    "randomised": "n", "randomized": "n", "analysed": "n", "analyzed": "n", "nrandomised": "n",
    "nrandomized": "n", "nanalysed": "n", "nanalyzed": "n", "totaln": "n",
    "mean": "mean", "avg": "mean", "average": "mean",
    "sd": "sd", "stdev": "sd", "stddev": "sd", "standarddeviation": "sd", "std": "sd",
    "personyears": "time", "persontime": "time", "patientyears": "time", "time": "time", "py": "time",
    "median": "median", "q1": "q1", "q3": "q3", "min": "low", "max": "high", "iqr": "iqr", "range": "range",
    "se": "mean_se", "sem": "mean_se",
}  # fmt: skip
_MEASURES = {
    "or": "OR", "oddsratio": "OR", "aor": "OR", "adjustedoddsratio": "OR", "adjustedor": "OR",
    "rr": "RR", "riskratio": "RR", "relativerisk": "RR", "adjustedriskratio": "RR",
    "hr": "HR", "hazardratio": "HR", "ahr": "HR", "adjustedhazardratio": "HR", "adjustedhr": "HR",
    "irr": "IRR", "rateratio": "IRR", "incidencerateratio": "IRR",
    "rom": "ROM", "ratioofmeans": "ROM",
    "md": "MD", "wmd": "MD", "meandifference": "MD", "meandiff": "MD",
    "smd": "SMD", "hedgesg": "SMD", "cohensd": "SMD", "standardisedmeandifference": "SMD",
    "standardizedmeandifference": "SMD", "g": "SMD", "stdmeandifference": "SMD",
    "stddiffinmeans": "SMD", "hedgessg": "SMD", "differenceinmeans": "MD", "diffinmeans": "MD",
    "rd": "RD", "riskdifference": "RD", "pointestimate": "", "estimate": "", "est": "", "effectsize": "",
    "es": "", "effectestimate": "", "treatmenteffect": "",
}  # fmt: skip
# What a cell of one group may hold besides a figure, as its column's name says it.
_IN_CELLS = {
    *("n", "events", "event", "total", "percent", "mean", "means"),
    *("sd", "se", "sem", "standard", "deviation", "error", "std"),
}
_LOGS = {"log", "ln", "loge"}
# What an effect may be called besides its measure.
_ADJUSTED = {"adj", "adjusted", "unadj", "unadjusted", "crude", "multivariable", "univariable"}
_LOW = {
    "lower",
    "low",
    "lo",
    "lb",
    "ll",
    "lcl",
    "lci",
    "l",
    "start",
    "from",
    "cil",
    "cilow",
    "cilower",
    "lcb",
}
_HIGH = {
    "upper",
    "up",
    "high",
    "hi",
    "ub",
    "ul",
    "ucl",
    "uci",
    "u",
    "end",
    "to",
    "ciu",
    "cihigh",
    "ciupper",
    "ucb",
}
_LIMIT = {
    "ci",
    "cl",
    "confidence",
    "limit",
    "bound",
    "interval",
    "int",
    "conf",
    "percent",
    "pct",
    "cri",
    "credible",
    "ki",
    "ic",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column holds.

    Attributes:
        role: our name of the column; empty where the name is not understood.
        measure: the measure that the name states, as ``OR``; empty where it states none.
        log: whether the name says that the values are logarithms.
        level: of the interval whose limit it is, where the name says so.
    """

    role: str = ""
    measure: str = ""
    log: bool = False
    level: float = 0.95


@cache
def folded(name: str) -> str:
    """A column name without regard to case, points and spaces.

    Example:
        >>> folded(" Event.E "), folded("std dev")
        ('event_e', 'std_dev')
    """
    return re.sub(r"[.\s]+", "_", name.strip().casefold())


@cache
def meaning(name: str) -> Meaning:
    """What the words of a column name say, where all of them are understood.

    Example:
        >>> meaning("Experimental cases").role, meaning("n (control)").role, meaning("deaths at 30 days").role
        ('events_t', 'n_c', '')
        >>> meaning("selogOR"), meaning("90% CI lower").level
        (Meaning(role='se', measure='OR', log=True, level=0.95), 0.9)
    """
    words = words_of(name)
    found = _arm(words) or _limit(words) or _spread(words) or _effect(words) or _single(words)
    return found or Meaning()


def group_of(name: str) -> str:
    """``t`` or ``c`` where a name says a group and at most what is counted in it, as ``Control (n/N)``; else nothing.

    Example:
        >>> group_of("Control (n/N)"), group_of("Intervention"), group_of("control year")
        ('c', 't', '')
    """
    rest = [word for word in words_of(name) if word not in _FILLER | _IN_CELLS]
    for group, names in (("t", _TREATED), ("c", _CONTROL)):
        if len(rest) == 1 and rest[0] in names:
            return group
    return ""


def group_words(name: str) -> set[str]:
    """The groups, ``t`` or ``c``, that words of a name say.

    Example:
        >>> group_words("mean change (control)"), group_words("drug events")
        ({'c'}, set())
    """
    words = set(words_of(name))
    return {group for group, names in (("t", _TREATED), ("c", _CONTROL)) if words & names}


def quantity_of(name: str) -> str:
    """The one quantity that a word of a name says, whatever the others are; nothing where several do.

    Example:
        >>> quantity_of("mean_change_t"), quantity_of("drug n"), quantity_of("mean SD")
        ('mean', 'n', '')
    """
    found = {_QUANTITIES[word] for word in words_of(name) if word in _QUANTITIES}
    return next(iter(found)) if len(found) == 1 else ""


def control_words() -> frozenset[str]:
    """Words that say a control group."""
    return frozenset(_CONTROL) - {"c", "con", "comparison", "comparator"}


def words_of(name: str) -> list[str]:
    """The words of a name: ``HR_lower``, ``seLogOR`` and ``n (treatment)`` come apart.

    Example:
        >>> words_of("n (treatment)"), words_of("seLogOR")
        (['n', 'treatment'], ['se', 'log', 'or'])
    """
    return list(_words(name))


@cache
def _words(name: str) -> tuple[str, ...]:
    text = name.strip().replace("CrI", "cri")  # one word, a credible interval
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold().replace("%", " percent ")
    text = re.sub(r"\bperson[\s_.-]*years?\b", "personyears", text)
    return tuple(re.findall(r"[a-z]+|\d+(?:\.\d+)?", re.sub(r"['’]", "", text)))


def _arm(words: list[str]) -> Meaning | None:
    """Events, people, means, ... of one of two groups."""
    rest = [word for word in words if word not in _FILLER]
    for group, names in (("t", _TREATED), ("c", _CONTROL)):
        own = [word for word in rest if word in names]
        if len(own) != 1:
            continue
        what = "".join(word for word in rest if word not in names)
        people = {"no", "number", "participants", "patients", "people"} & set(words)
        if what in _QUANTITIES and (what or people):
            return Meaning(f"{_QUANTITIES[what]}_{group}")
    return None


def _single(words: list[str]) -> Meaning | None:
    """Events, people, means, ... of a group that the name does not say."""
    what = "".join(word for word in words if word not in _FILLER)
    if what in _QUANTITIES and (what or {"no", "number"} & set(words) and len(words) > 1):
        return Meaning(_QUANTITIES[what])
    return None


def _limit(words: list[str]) -> Meaning | None:
    """A lower or upper limit, or both in one cell."""
    digits = [float(word) for word in words if word[0].isdigit()]
    level = next(
        (d / 100 for d in digits if 50 < d < 97), next((0.99 for d in digits if d == 99), 0.95)
    )
    plain = [word for word in words if not word[0].isdigit()]
    if {"ci", "interval", "ki", "ic"} & set(plain):  # a p-value may stand behind the interval
        plain = [word for word in plain if word not in ("p", "value", "pvalue")]
    if digits in ([2.5], [97.5]) and set(plain) <= _LIMIT:
        return Meaning("ci_low" if digits == [2.5] else "ci_high")
    about = {word for word in plain if word in _LIMIT}
    rest = [word for word in plain if word not in _LIMIT]
    for role, names in (("ci_low", _LOW), ("ci_high", _HIGH)):
        ends = [word for word in rest if word in names]
        if (
            len(ends) != 1
            or (len(ends[0]) < 2 and not about)
            or (ends[0] in ("to", "from") and not about)
        ):
            continue
        told = _effect([word for word in rest if word not in names]) if len(rest) > 1 else Meaning()
        if told is not None:
            return Meaning(role, told.measure, told.log, level)
    if {"ci", "cri", "cl", "ki", "ic"} & about or {"confidence", "interval"} <= about:
        told = _effect(rest) if rest else Meaning()
        return Meaning("ci", told.measure, told.log, level) if told is not None else None
    return None


def _spread(words: list[str]) -> Meaning | None:
    """A standard error or variance of an effect."""
    text = "".join(words)
    for start in ("standarderror", "stderror", "stderr", "se"):
        if text.startswith(start):
            rest = text.removeprefix(start).removeprefix("of")
            if rest in ("", "te"):
                return Meaning("se")
            told = _effect_text(rest)
            return Meaning("se", told.measure, told.log) if told else None
    return None


def _effect(words: list[str]) -> Meaning | None:
    return _effect_text("".join(word for word in words if word not in _ADJUSTED))


def _effect_text(text: str) -> Meaning | None:
    """An effect whose name states its measure or says that it is an estimate."""
    if text in _MEASURES:
        return Meaning("effect", _MEASURES[text])
    for log in sorted(_LOGS, key=len, reverse=True):
        for rest in (text.removeprefix(log), text.removesuffix(log)):
            if found := _MEASURES.get(rest):
                return Meaning("effect", found, log=True)
    return None
