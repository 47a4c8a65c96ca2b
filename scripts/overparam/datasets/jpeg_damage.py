"""What libjpeg says of a JPEG that it decodes all the same: a scan that ends too early, bytes that belong nowhere.

Pillow passes over these warnings, and fills what is missing with grey. torchvision lets libjpeg print them. A JPEG has
no checksum: a wrong bit that leaves it well-formed is found by nobody.
"""

import contextlib
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence

from overparam.quoting import brief, reason


def found(images: Sequence[bytes]) -> tuple[int, str] | None:
    """Return which of these JPEGs is the first with damage, and what it is; ``None`` if all are whole.

    Parameters
    ----------
    images
        Whole files, each known to be of few pixels.
    """
    if not images or not _complaint(images):
        return None
    complaints = ((number, _complaint([image])) for number, image in enumerate(images))
    return next(((number, said) for number, said in complaints if said), None)


def _complaint(images: Sequence[bytes]) -> str:
    """Return what is said while these images are decoded: nothing, if they are whole."""
    import torch  # two seconds: only the job that reads JPEGs pays for them
    from torchvision.io import decode_jpeg

    tensors = [torch.frombuffer(bytearray(image), dtype=torch.uint8) for image in images]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its successor is another package, with ffmpeg
        return _printed(lambda: decode_jpeg(tensors))


def _printed(action: Callable[[], object]) -> str:
    """Return what ``action`` prints to the standard error stream below Python, or why it failed."""
    with tempfile.TemporaryFile() as file, contextlib.ExitStack() as stack:
        kept = os.dup(2)
        stack.callback(os.close, kept)
        os.dup2(file.fileno(), 2)
        stack.callback(os.dup2, kept, 2)
        try:
            action()
            failure = ""
        except RuntimeError as error:
            failure = reason(error)
        file.seek(0)
        return brief(file.read(1000).decode("latin1")) or failure
