"""One image out of a file of many: decoded exactly as it was meant, or refused with what is unusual about it.

Everything that a decoder would change without a word is refused: 16 bits cut to 8, transparency, all but the first
picture of an animation, a rotation that the camera noted beside the pixels, other colour spaces.
"""

import io

import numpy as np

from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import reason

LARGEST = 1 << 16  # bytes; a PNG of 32×32 pixels has about 2,500
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
PNG_DEPTH = slice(24, 25)  # where the header says how many bits a channel has


def decoded(encoded: bytes | None, shape: tuple[int, int, int], place: str) -> tuple[np.ndarray, str]:
    """Return the pixels of one encoded image and its format, ``PNG`` or ``JPEG``.

    Parameters
    ----------
    encoded
        The whole file of the image; ``None`` where there is none.
    shape
        Channels (3), height and width that it must have.
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
    _, height, width = shape
    if len(encoded) > LARGEST:
        raise UserError(f"{place}: the image has more than {LARGEST:,} bytes, for {width}×{height} pixels")
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")) as image:
            problem = _unusual(image, encoded, (width, height))
            if problem is None:  # else what is a few bytes may unpack to gigabytes
                encoding = image.format
                if encoding == "PNG":
                    image.verify()  # the checksums, which reading the pixels passes over
                    image = Image.open(io.BytesIO(encoded), formats=("PNG",))
                pixels = np.asarray(image).transpose(2, 0, 1)
                problem = _hidden(image)  # of a PNG it may stand behind the pixels
                if problem is None:
                    return pixels, encoding
    except Exception as error:  # a broken image can raise nearly anything from its decoder
        told = file_kinds.told(encoded[: file_kinds.HEAD]) if _other_kind(encoded) else f": {reason(error)}"
        raise UserError(f"{place}: the image cannot be decoded{told}") from None
    raise UserError(f"{place}: the image {problem}; make it an RGB image of {width}×{height} pixels with 8 bits each")


def _other_kind(encoded: bytes) -> bool:
    return not encoded.startswith((b"\x89PNG", b"\xff\xd8")) and file_kinds.kind_of(encoded[:64]) is not None


def _unusual(image, encoded: bytes, size: tuple[int, int]) -> str | None:
    """Return what the header of an image says that is not wanted."""
    width, height = image.size
    if image.format not in ("PNG", "JPEG"):
        return f"is a file of several pictures ({image.format})"
    if image.format == "PNG" and encoded[PNG_DEPTH] == b"\x10":
        return f"is {image.mode} of {width}×{height} pixels with 16 bits each, not 8"
    if image.mode != "RGB" or image.size != size:
        meaning = f" ({MODES[image.mode]})" if image.mode in MODES else ""
        return f"is {image.mode} of {width}×{height} pixels{meaning}, not RGB of {size[0]}×{size[1]}"
    return None


def _hidden(image) -> str | None:
    """Return what belongs to an image besides the pixels that are seen first."""
    if getattr(image, "is_animated", False) or "loop" in image.info:
        return "is an animation"
    if "transparency" in image.info:
        return "has a transparent colour"
    if image.getexif().get(ORIENTATION, 1) != 1:
        return "is to be shown turned (EXIF orientation)"
    return None
