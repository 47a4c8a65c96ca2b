"""The numbers of parameters of published networks with train loss 0, and the loss curves that figures show."""

import pandas as pd

from overparam.drawing import random_features

# S3, surprising experiment I: CIFAR-10, n = 50,000, K = 10; the train loss is 0 in all three rows. The claim has the
# same under `published`, in words.
PUBLISHED_LABELS = 500_000
PUBLISHED = {"CudaConvNet": 145_578, "MicroInception": 1_649_402, "ResNet": 2_401_440}


def largest(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the loss curves of ReLU features (else of what there is) at the largest n and K."""
    rows = measurements[measurements["quantity"] == "loss"]
    kinds = random_features.kinds(measurements)
    rows = rows[rows["features"] == ("relu" if "relu" in kinds else kinds[0])]
    return rows[(rows["n_train"] == rows["n_train"].max()) & (rows["n_classes"] == rows["n_classes"].max())]
