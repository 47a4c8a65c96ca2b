"""The handwritten digits that scikit-learn carries: 1,797 images of 8×8 pixels, 10 classes, no network needed."""

import hashlib

import numpy as np

from overparam.datasets.arrow import Dataset, Split

MAX_VALUE = 16  # grey levels count inked pixels of a 4×4 block


def read() -> Dataset:
    """Return the digits as one pool: all images in ``train``, none in ``test``.

    The source has no split of its own; :func:`overparam.datasets.views.view` divides the pool by its seed. The
    checksum is the SHA-256 over the bytes of the images (uint8) followed by those of the labels (little-endian
    int64), in the order of scikit-learn.
    """
    from sklearn.datasets import load_digits  # half a second: only the job that reads digits pays for it

    digits = load_digits()
    images = digits.images.astype(np.uint8)[:, None]  # (n, 1, 8, 8)
    labels = digits.target.astype(np.int64)
    checksum = hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest()
    pool = Split(images, labels)
    return Dataset(
        "digits", "digits", checksum, [str(digit) for digit in range(10)], pool, pool.take(slice(0)), MAX_VALUE
    )
