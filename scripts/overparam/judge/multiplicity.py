"""Several estimates, any of which could refute: corrected for their number by the method of Holm (1979).

A form with four estimates that all lie on the edge of their bands would be refuted by chance four times as often as a
form with one. Holm's method keeps the rate of the single one, whatever the dependence between the estimates: the
estimate that lies farthest outside must do so at the level 1 - 0.05/m for m estimates, the next at 1 - 0.05/(m - 1),
and so on until one does not. It takes the intervals of these levels only, no p values: what lies outside at a level has
a p value below one minus it.

Support is not corrected: it takes every estimate, so that more estimates make it less likely, not more. Not counted are
numbers known exactly (bounds and equalities in every instance), and estimates that refute nothing by themselves. Those
that refute only together, as the two fits of a slope, count as one, which is as far outside as the nearer of the two.

References
----------
S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
"""

import dataclasses
from collections.abc import Sequence

from overparam.judge.intervals import LEVEL
from overparam.judge.verdicts import REFUTING, Estimate, Outcome

Place = tuple[int, str, int]  # of an estimate: which prediction, which combination, which of its estimates


@dataclasses.dataclass(frozen=True)
class Together:
    """What the predictions of a form came to, by the label of each combination, and how many estimates could refute."""

    judged: list[dict[str, Outcome]]
    estimates: int


def corrected(judged: Sequence[dict[str, Outcome]]) -> Together:
    """Return the outcomes with the level that each estimate takes to refute, given all that could."""
    everything = {
        (k, label, i): estimate
        for k, outcomes in enumerate(judged)
        for label, outcome in outcomes.items()
        for i, estimate in enumerate(outcome.estimates)
    }
    waiting = [tested for k, outcomes in enumerate(judged) for tested in _tested(k, outcomes)]
    number = len(waiting)
    levels: dict[Place, float] = {}
    while waiting:
        level = refuting(len(waiting))
        levels |= {place: level for places in waiting for place in places}
        outside = [places for places in waiting if all(everything[place].outside(level) for place in places)]
        if not outside:
            break
        waiting = [places for places in waiting if places not in outside]
    changed = {place: dataclasses.replace(everything[place], level=level) for place, level in levels.items()}
    return Together([_changed(k, outcomes, everything | changed) for k, outcomes in enumerate(judged)], number)


def refuting(number: int) -> float:
    """Return the level at which the first of ``number`` estimates must lie outside its band to refute."""
    return max(REFUTING, 1 - (1 - LEVEL) / number)


def _tested(k: int, outcomes: dict[str, Outcome]) -> list[list[Place]]:
    """Return the places of the estimates of a prediction that could refute, those that do so only together as one."""
    found = []
    for label, outcome in outcomes.items():
        places: list[Place] = [
            (k, label, i) for i, one in enumerate(outcome.estimates) if one.decisive and one.interval.again
        ]
        found += ([places] if places else []) if outcome.unanimous else [[place] for place in places]
    return found


def _changed(k: int, outcomes: dict[str, Outcome], estimates: dict[Place, Estimate]) -> dict[str, Outcome]:
    return {
        label: dataclasses.replace(outcome, estimates=[estimates[k, label, i] for i, _ in enumerate(outcome.estimates)])
        for label, outcome in outcomes.items()
    }
