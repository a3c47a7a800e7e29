r"""The 3+3 design: exact probabilities of each dose being chosen, of people and of events.

Three people at a dose; none with an event: the next dose; one: three more, and the next dose if none of these has one; else the
trial ends and the dose below is chosen. With the probability of going on, :math:`e_k = b_0 + b_1 b_0` and :math:`b_j` the binomial
probabilities of j events in three people, dose i is chosen with probability :math:`\prod_{k \le i} e_k\,(1 - e_{i+1})`.

Source: Storer BE. Biometrics 1989;45:925, doi:10.2307/2531693 (design A).
"""

from collections.abc import Sequence

from speciosa.trials.design.door import Door
from speciosa.trials.design.interval import DoseFinding, check_rates


def three_plus_three(toxicity: Sequence[float]) -> DoseFinding:
    """What a 3+3 design does when the toxicity rates are as given; exact, so without Monte-Carlo error.

    Args:
        toxicity: true rates, by dose.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> found = three_plus_three((0.05, 0.15, 0.3, 0.45, 0.6))
        >>> [round(share, 1) for share in found.selected_percent]
        [18.1, 40.1, 30.0, 8.4, 0.8]
    """
    door = Door()
    check_rates(door, "toxicity", toxicity)
    door.close()
    reached, chosen, people, events = 1.0, [], [], []
    for rate in toxicity:
        none, one = (1 - rate) ** 3, 3 * rate * (1 - rate) ** 2
        here = reached * (3 + 3 * one)
        people.append(here)
        events.append(here * rate)
        onward = reached * (none + one * none)
        chosen.append(reached - onward)
        reached = onward
    # who ends at a dose chooses the one below; whoever passes the last chooses it
    selected = [*chosen[1:], reached]
    return DoseFinding(
        tuple(map(float, toxicity)),
        0,
        tuple(100 * share for share in selected),
        tuple(0.0 for _ in selected),
        tuple(people),
        tuple(events),
        100 * chosen[0],
    )
