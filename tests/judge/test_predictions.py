"""What all kinds of predictions share: every combination is judged, and one seed shows nothing."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import X, judged, noise, table

from overparam.errors import UserError
from overparam.judge.predictions import KINDS


def test_each_judges_every_combination():
    rows = pd.concat([table(np.exp(noise(0.01)) * X**e, label_noise=n) for e, n in ((-0.5, 0.0), (-0.9, 0.2))])
    result = judged(rows, "slope", x="width", band=[-0.55, -0.45], each=["label_noise"])
    assert result["verdict"] == "refuted"
    assert [estimate["name"] for estimate in result["estimates"]][::2] == [
        "label_noise = 0.0: slope",
        "label_noise = 0.2: slope",
    ]
    assert list(result["detail"]) == ["label_noise = 0.0", "label_noise = 0.2"]
    with pytest.raises(UserError, match="did you mean `label_noise`"):
        judged(rows, "slope", x="width", band=[0, 1], each=["label_nois"])


def test_combination_that_was_not_measured_leaves_the_others():
    rows = [table(np.exp(noise(0.01)) + n, label_noise=n, method=m) for n, m in ((0, "a"), (0, "b"), (1, "a"))]
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    settings = {"reduce": "mean", "along": "width", "each": ["label_noise"], "band": [-1, 1]}
    result = judged(pd.concat(rows), "ordering", **sides, **settings)
    assert result["verdict"] == "inconclusive"
    assert result["detail"]["label_noise = 1"] == {"not_measured": "no row has method = b (found: a)"}
    assert [estimate["name"] for estimate in result["estimates"]] == ["label_noise = 0: difference"]
    assert result["n_seeds"] == 6
    refuted = judged(pd.concat(rows), "ordering", **sides, **{**settings, "band": [5, 6]})
    assert refuted["verdict"] == "refuted"
    nothing = judged(pd.concat(rows), "ordering", **sides, **settings, where={"label_noise": 2})
    assert (nothing["verdict"], nothing["estimates"]) == ("inconclusive", [])
    assert nothing["detail"] == {"not_measured": "no row has label_noise = 2 (found: 0, 1)"}


ONE_SEED = {
    "slope": {"x": "width", "band": [-9, 9]},
    "threshold": {"x": "width", "level": 20, "direction": "rising", "band": [1, 999]},
    "ordering": {"greater": {"where": {"width": 4}}, "less": {"where": {"width": 2}}},
    "peak": {"x": "width"},
    "monotone": {"x": "width", "band": [0, 1]},
}


@pytest.mark.parametrize("kind", ONE_SEED)
def test_one_seed_is_inconclusive_where_seeds_matter(kind):
    result = judged(table(X), kind, **ONE_SEED[kind])
    assert result["verdict"] == "inconclusive"
    assert "seed" in str(result["detail"]["reasons"])
    assert set(KINDS) - set(ONE_SEED) == {"bound", "equality"}
