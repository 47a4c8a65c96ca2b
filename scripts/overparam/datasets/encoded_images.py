"""One image out of a file of many: decoded exactly as it was meant, or refused with what is unusual about it.

Everything that a decoder would change without a word is refused: 16 bits cut to 8, transparency, all but the first
picture of an animation, a rotation that the camera noted beside the pixels, other colour spaces.
"""

import io
from typing import TYPE_CHECKING

import numpy as np

from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import reason

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 1 << 16  # bytes of a small one; a PNG of 32×32 pixels has about 2,500
LARGEST_SIDE = 1024  # pixels
CHANNELS = {"L": 1, "RGB": 3}
COLOURS = {1: "L", 3: "RGB"}
MODES = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with transparency",
    "P": "a palette",
    "PA": "a palette with transparency",
    "RGBA": "RGB with transparency",
    "CMYK": "CMYK",
    "I;16": "grey with 16 bits",
    "I": "grey with more than 8 bits",
}
ORIENTATION = 0x0112  # the tag of EXIF
PNG_DEPTH = 24  # where the header says how many bits a channel has


def largest(shape: tuple[int, int, int] | None) -> int:
    """Return how many bytes an encoded image of this shape may have."""
    channels, height, width = shape or (3, LARGEST_SIDE, LARGEST_SIDE)
    return max(LARGEST, 2 * channels * height * width)


def decoded(encoded: bytes | None, shape: tuple[int, int, int] | None, place: str) -> tuple[np.ndarray, str]:
    """Return the pixels of one encoded image and its format, ``PNG`` or ``JPEG``.

    Parameters
    ----------
    encoded
        The whole file of the image; ``None`` where there is none.
    shape
        Channels (1 or 3), height and width that it must have; ``None`` for those that it has.
    place
        What a message calls it.

    Raises
    ------
    UserError
        If it is no such image, is damaged, or has what the pixels alone don't show.
    """
    from PIL import Image  # only data sets of encoded images need it

    if encoded is None:
        raise UserError(f"{place} has no image")
    if len(encoded) > largest(shape):
        size = f"{shape[2]}×{shape[1]}" if shape else f"at most {LARGEST_SIDE}×{LARGEST_SIDE}"
        raise UserError(f"{place}: the image has more than {largest(shape):,} bytes, for {size} pixels")
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")) as image:
            problem = _unusual(image, encoded, shape)
            if problem is None:  # else what is a few bytes may unpack to gigabytes
                encoding = str(image.format)
                if encoding == "PNG":
                    image.verify()  # the checksums, which reading the pixels passes over
                    image = Image.open(io.BytesIO(encoded), formats=("PNG",))
                pixels = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)
                problem = _hidden(image)  # of a PNG it may stand behind the pixels
                if problem is None:
                    return pixels, encoding
    except Exception as error:  # a broken image can raise nearly anything from its decoder
        told = file_kinds.told(encoded[: file_kinds.HEAD]) if _other_kind(encoded) else f": {reason(error)}"
        raise UserError(f"{place}: the image cannot be decoded{told}") from None
    raise UserError(f"{place}: the image {problem}; make it {_wanted(shape)} with 8 bits each")


def _wanted(shape: tuple[int, int, int] | None) -> str:
    if shape is None:
        return f"a grey or RGB image of at most {LARGEST_SIDE}×{LARGEST_SIDE} pixels"
    return f"{'a grey' if shape[0] == 1 else 'an RGB'} image of {shape[2]}×{shape[1]} pixels"


def _other_kind(encoded: bytes) -> bool:
    return not encoded.startswith((b"\x89PNG", b"\xff\xd8")) and file_kinds.kind_of(encoded[:64]) is not None


def _unusual(image: "Image.Image", encoded: bytes, shape: tuple[int, int, int] | None) -> str | None:
    """Return what the header of an image says that is not wanted."""
    width, height = image.size
    if image.format not in ("PNG", "JPEG"):
        return f"is a file of several pictures ({image.format})"
    depth = encoded[PNG_DEPTH] if image.format == "PNG" else 8
    if depth == 16 or (image.mode == "L" and depth != 8):  # Pillow would cut or stretch the grey levels
        return f"is {image.mode} of {width}×{height} pixels with {depth} bits each, not 8"
    meaning = f" ({MODES[image.mode]})" if image.mode in MODES else ""
    told = f"is {image.mode} of {width}×{height} pixels{meaning}"
    if shape is None:
        usual = image.mode in CHANNELS and max(image.size) <= LARGEST_SIDE
        return None if usual else f"{told}, not grey or RGB"
    if CHANNELS.get(image.mode) != shape[0] or (height, width) != shape[1:]:
        return f"{told}, not {COLOURS[shape[0]]} of {shape[2]}×{shape[1]}"
    return None


def _hidden(image: "Image.Image") -> str | None:
    """Return what belongs to an image besides the pixels that are seen first."""
    if getattr(image, "is_animated", False) or "loop" in image.info:
        return "is an animation"
    if "transparency" in image.info:
        return "has a transparent colour"
    if image.getexif().get(ORIENTATION, 1) != 1:
        return "is to be shown turned (EXIF orientation)"
    return None
