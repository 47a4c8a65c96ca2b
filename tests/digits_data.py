"""The first digits that come with scikit-learn, as a data set."""

import numpy as np
from sklearn.datasets import load_digits

from overparam.datasets.arrow import Dataset, Split


def digits_dataset(n_train: int, n_test: int) -> Dataset:
    """Return the first ``n_train`` digits for training and the next ``n_test`` for testing."""
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8)[:, None], digits.target.astype(np.int64)
    whole = Split(images, labels)
    train, test = whole.take(slice(n_train)), whole.take(slice(n_train, n_train + n_test))
    return Dataset("digits", "digits", "", [str(digit) for digit in range(10)], train, test, 16)
