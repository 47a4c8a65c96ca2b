"""Small, medium and large: which networks of a study have a story to tell over time.

No test sample takes part in this.
"""

import pandas as pd

JUST_FITS = 0.1  # train error at the last epoch of a network that is just at its interpolation threshold
FACTOR = 2.5  # a network whose train error is farther from it than this factor is not


def sizes(training: pd.DataFrame) -> pd.DataFrame:
    """Return ``study``, ``width`` and ``size``, one row per width.

    ``small`` is the narrowest network of a study, ``large`` the widest, and ``medium`` the one between them whose train
    error on the given labels ends nearest to :data:`JUST_FITS`, at the study's highest label noise and on average over
    seeds, if it ends within :data:`FACTOR` of it. The others have no size.
    """
    found = []
    for study, rows in training[training["split"] == "train"].groupby("study", sort=False):
        ends = rows[(rows["epoch"] == rows["epoch"].max()) & (rows["label_noise"] == rows["label_noise"].max())]
        error = ends.groupby("width")["error_noisy"].mean()
        size = pd.Series(None, index=error.index, dtype=object)
        size.iloc[0], size.iloc[-1] = "small", "large"
        between = error.iloc[1:-1]
        distance = (between[between.between(JUST_FITS / FACTOR, JUST_FITS * FACTOR)] - JUST_FITS).abs()
        if len(distance):
            size[distance.idxmin()] = "medium"
        found.append(size.rename("size").reset_index().assign(study=study))
    return pd.concat(found, ignore_index=True)
