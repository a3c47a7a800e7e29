"""Care that an arm in words names beside its medicine: "methadone plus contingency management", "buprenorphine + CBT"."""

import re

_KINDS = {
    "contingency management": r"contingency[ -]?management|vouchers?(?:[ -]based)?(?: reinforcement| incentives?)?"
    r"|(?:(?:abstinence|prize|voucher|cash|financial|monetary)[ -](?:based )?)?(?:incentives?|prizes?)|\bcm\b",
    "cognitive behavioural therapy": r"cognitive[ -]behaviou?r(?:al)?(?: therapy)?|\bcbt\b",
}
"""Kinds of care that change something in a plan, as papers name them."""
_JOINED = r"(?:\+|&|,|;|\bplus\b|\band\b|\bcombined with\b|\bwith(?:out)?\b|\bno\b)"
_ENDS = re.compile(rf"^(?:\s*{_JOINED}\s*)+|(?:\s*{_JOINED}\s*)+$", re.IGNORECASE)
_NOT = re.compile(r"\b(?:without|no)\s*$", re.IGNORECASE)


def care_beside(words: str) -> tuple[str, tuple[str, ...]]:
    """The medicine of an arm in words, and the kinds of care that are named beside it.

    Example:
        >>> care_beside("methadone plus contingency management")
        ('methadone', ('contingency management',))
        >>> care_beside("CBT + buprenorphine 16 mg"), care_beside("methadone without vouchers")
        (('buprenorphine 16 mg', ('cognitive behavioural therapy',)), ('methadone', ()))
        >>> care_beside("methadone and buprenorphine")
        ('methadone and buprenorphine', ())
    """
    kinds: list[str] = []
    left = words
    for kind, pattern in _KINDS.items():
        while found := re.search(pattern, left, re.IGNORECASE):
            before, after = left[: found.start()], left[found.end() :]
            if not _NOT.search(before):
                kinds.append(kind)
            parts = [part for part in (_ENDS.sub("", before), _ENDS.sub("", after)) if part.strip()]
            left = " and ".join(part.strip() for part in parts)
    return left, tuple(dict.fromkeys(kinds))
