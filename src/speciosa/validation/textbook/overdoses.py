"""Numbers of overdoses that formulas ask for: one simulation a dose and user, shared by all that ask."""

from collections.abc import Iterable
from functools import lru_cache

from speciosa import units
from speciosa.errors import Fault, InputError, SpeciosaError
from speciosa.pharmacology.overdose.course import OverdoseCourse
from speciosa.pharmacology.overdose.person import opioid_course
from speciosa.validation.textbook.derive import NoValueError, OverdoseRequest


def unusable_overdoses(requests: Iterable[OverdoseRequest], where: str) -> list[Fault]:
    """Doses that cannot be read."""
    faults = []
    for request in sorted(requests, key=str):
        try:
            units.factor(units.read(request.dose)[1], "mg")
        except InputError:
            faults.append(Fault(where, "a dose such as '2 mg' in overdose(...)", request.dose))
    return faults


def overdose_number(request: OverdoseRequest) -> float:
    """One number of one overdose; true is 1, and what never happens is 0.

    Raises:
        NoValueError: an opioid, user or number that the model does not have.
    """
    try:
        numbers = _course(request.opioid, request.dose, request.user).numbers()
    except SpeciosaError as error:
        raise NoValueError(f"overdose {request.opioid} {request.dose}: {error}") from None
    if request.key not in numbers:
        known = ", ".join(numbers)
        raise NoValueError(f"overdose has no number {request.key!r}. Known: {known}.")
    value = numbers[request.key]
    if isinstance(value, list):
        raise NoValueError(f"{request.key} of overdose is a list, not a number.")
    return float(value or 0.0)


@lru_cache(maxsize=64)
def _course(opioid: str, dose: str, user: str) -> OverdoseCourse:
    return opioid_course(opioid, dose, user=user)
