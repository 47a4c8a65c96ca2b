"""Stopping rules: the epoch of its training at which a model is measured.

A rule is fixed before training, and it sees the held-out part of the *corrupted* training set only: no test sample and
no true label. Whoever selects on the test set measures luck.
"""

import pandas as pd

from overparam.errors import UserError
from overparam.tables import MODEL

# rule -> column of the held-out rows that the rule minimises; `final` takes the last epoch and minimises nothing
RULES = {"final": None, "heldout_error": "error_noisy", "heldout_loss": "loss_noisy"}


def stopping_epochs(training: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return the epoch at which ``rule`` stops each model.

    Parameters
    ----------
    training
        One row per model, epoch and split; of :data:`overparam.tables.TRAINING` the columns of ``MODEL``, ``epoch``,
        ``split``, ``error_noisy`` and ``loss_noisy``.
    rule
        ``final`` takes the last epoch: no early stopping. ``heldout_error`` and ``heldout_loss`` take the epoch at
        which the error or the loss on the held-out samples, with their given labels, is smallest. If several epochs are
        equally good the earliest one is taken; an epoch without a number is never taken.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`overparam.tables.MODEL` and ``epoch``, one row per model.

    Raises
    ------
    UserError
        If the rule needs held-out samples and a model has none.
    """
    models = training[MODEL].drop_duplicates()
    if rule == "final":
        last = training.groupby(MODEL, dropna=False, sort=False)["epoch"].max().reset_index()
        return models.merge(last, on=MODEL, how="left")
    column = RULES[rule]
    heldout = training[training["split"] == "heldout"]
    without = models.merge(heldout[MODEL].drop_duplicates(), on=MODEL, how="left", indicator=True)
    without = sorted(set(without.loc[without["_merge"] == "left_only", "study"]))
    if without:
        raise UserError(
            f"early stopping needs held-out samples: set `n_heldout` above 0 for every model of {', '.join(without)}"
        )
    ranked = heldout.assign(**{column: heldout[column].fillna(float("inf"))}).sort_values(
        [column, "epoch"], kind="stable"
    )
    return models.merge(ranked.drop_duplicates(MODEL)[[*MODEL, "epoch"]], on=MODEL, how="left")


def at_end(training: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every split at the last epoch of their study."""
    return training[training["epoch"] == training.groupby("study")["epoch"].transform("max")]


def at_stopping(training: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every split at each rule's stopping epoch, with the rule in the column ``stopping``.

    A study that was trained without held-out samples has no rows of the rules that need them.

    Raises
    ------
    UserError
        If some models of a study have held-out samples and others have none.
    """
    with_heldout = training["study"].isin(training.loc[training["split"] == "heldout", "study"].unique())
    stopped = []
    for rule, column in RULES.items():
        rows = training if column is None else training[with_heldout]
        stopped.append(rows.merge(stopping_epochs(rows, rule), on=[*MODEL, "epoch"]).assign(stopping=rule))
    return pd.concat([rows for rows in stopped if len(rows)], ignore_index=True)


def long(rows: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """Turn training rows into one row per measured value.

    Parameters
    ----------
    rows
        Rows of the training table, with the columns ``conditions``.
    conditions
        Columns that tell the rows of one model apart, say ``["stopping", "epoch"]``. They are kept as they are.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`overparam.tables.MODEL`, ``conditions``, ``split``, ``labels`` (``noisy``, those given to the
        trainer, or ``clean``), ``quantity`` (``error`` or ``loss``) and ``value``. Test samples have true labels only.
    """
    tidy = []
    for quantity in ("error", "loss"):
        for labels in ("noisy", "clean"):
            chosen = rows if labels == "clean" else rows[rows["split"] != "test"]
            tidy.append(
                chosen[[*MODEL, *conditions, "split"]].assign(
                    labels=labels, quantity=quantity, value=chosen[f"{quantity}_{labels}"].astype("float64")
                )
            )
    return pd.concat(tidy, ignore_index=True)
