"""The way on from a table whose columns are not understood: the option that would do, or what its figures can be turned into."""

from collections.abc import Sequence

import polars as pl

from speciosa.errors import nearest
from speciosa.evidence.table.doubts import MEDIANS, P_NAMES
from speciosa.evidence.table.names import folded, group_words, quantity_of, words_of

_DIAGNOSTIC = ({"tp", "fp", "fn", "tn"}, {"true_positives", "false_positives"})
_CORRELATION = {"r", "ri", "cor", "corr", "correlation", "correlations", "pearson_r"}
_LIMITS = {"lower", "upper", "low", "high", "ci", "lci", "uci", "lcl", "ucl"}
_SHARES = {"percent", "percentage", "proportion", "share", "prevalence"}
_FROM_PERCENT = "speciosa.evidence.events_from_percent(percent, n) gives the count of a percentage."
# More rows than these for each treatment of a study are people rather than arms.
_ROWS_AN_ARM = 10


def instead(names: Sequence[str], *, means: bool = True) -> str:
    """The way from what columns hold in place of figures that can be pooled: medians, p-values, percentages, ...

    Args:
        names: of the columns.
        means: whether means may be asked for, to which medians lead.

    Example:
        >>> instead(["study", "treatment", "percent", "n"])
        'speciosa.evidence.events_from_percent(percent, n) gives the count of a percentage.'
    """
    words = [set(words_of(name)) for name in names]
    known = {folded(name) for name in names}
    if means and any("median" in one for one in words):
        return MEDIANS
    if any(found <= known for found in _DIAGNOSTIC):
        return (
            "A table of a diagnostic test: its odds ratio is --measure OR --columns"
            " events_t=TP,nonevents_t=FN,events_c=FP,nonevents_c=TN; sensitivity and specificity, each by itself, are"
            " proportions (--measure PLO, of TP and TP + FN)."
        )
    if known & _CORRELATION and any(quantity_of(name) == "n" for name in names):
        return (
            "Correlations are pooled as Fisher's z: effect = atanh(r) and se = 1/sqrt(n - 3), for --measure GEN; tanh turns"
            " the result back."
        )
    if any("percent" in one and not one & {"ci", "cri"} for one in words):
        return _FROM_PERCENT
    if any(folded(name) in P_NAMES for name in names):
        return "speciosa.evidence.se_from_p(effect, p) gives a standard error from a p-value."
    return ""


def columns_option(absent: Sequence[str], names: Sequence[str]) -> str:
    """The option that names the columns of absent figures: those whose words say the quantity and the group, else a pattern.

    Args:
        absent: figures by our names, with a group (``events_t``) or without (``events``).
        names: columns of the table that stand for nothing else.

    Example:
        >>> columns_option(["mean_c"], ["mean_change_t", "mean_change_c"])
        '--columns mean_c=mean_change_c says which column it is.'
        >>> columns_option(["events_t", "n_t"], ["drug events", "drug n", "placebo events"])
        "--columns 'events_t=drug events,n_t=drug n' says which columns they are."
        >>> columns_option(["events_c"], ["event_ct", "n_c"])
        '--columns events_c=event_ct says which column it is.'
        >>> columns_option(["events"], ["death", "age"])
        '--columns events=NAME says which column it is.'
    """
    told = []
    for name in absent:
        what, _, group = name.rpartition("_") if name[-2:] in ("_t", "_c") else (name, "", "")
        saying = [n for n in names if quantity_of(n) == what and _of_group(n, group)]
        alike = [n for n in names if group_words(n) <= {group}]
        fitting = saying or nearest(name, alike, 1, 0.8)
        told.append(f"{name}={fitting[0] if len(fitting) == 1 else 'NAME'}")
    pairs = ",".join(told)
    quoted = f"'{pairs}'" if " " in pairs else pairs
    they = "which columns they are" if len(told) > 1 else "which column it is"
    return f"--columns {quoted} says {they}."


def _of_group(name: str, group: str) -> bool:
    """Whether a column's words allow for a group: a control is named, a treatment may be called by its name."""
    groups = group_words(name)
    return not group or groups == {group} or (group == "t" and not groups)


def shares(absent: str, names: Sequence[str]) -> str:
    """The way from shares to counts, where events are absent and a table has their share; else nothing.

    Example:
        >>> shares("events", ["proportion", "n"])[:38]
        'speciosa.evidence.events_from_percent('
    """
    words = {word for name in names for word in words_of(name)}
    return _FROM_PERCENT if absent.startswith("events") and words & _SHARES else ""


def intervals(absent: str, names: Sequence[str]) -> str:
    """The way from intervals of group means to standard deviations, where a table has these; else nothing.

    Example:
        >>> intervals("sd_t", ["mean_t", "lower_t", "upper_t"])[:39]
        'An interval of a mean gives its standar'
        >>> intervals("sd_t", ["mean_t", "lower", "upper"])
        ''
    """
    what, _, group = absent.rpartition("_")
    told = [words_of(name) for name in names if group_words(name) == {group}]
    if what != "sd" or not any(_LIMITS & set(words) for words in told):
        return ""
    return (
        "An interval of a mean gives its standard error, speciosa.evidence.se_from_interval(low, high): in a column"
        f" se_{group} it is turned into a standard deviation."
    )


def one_row_a_person(table: pl.DataFrame, study: str, treatment: str) -> str:
    """The way on where studies have so many rows a treatment that these must be people; else nothing.

    Example:
        >>> rows = pl.DataFrame({"study": ["A"] * 40, "trt": ["x", "y"] * 20, "status": [0, 1] * 20})
        >>> one_row_a_person(rows, "study", "trt")[:25]
        'One row a person? Counts,'
    """
    arms = table.select(study, treatment).n_unique()
    if len(table) <= _ROWS_AN_ARM * arms:
        return ""
    return "One row a person? Counts, or means with standard deviations, of each arm are what can be pooled here."
