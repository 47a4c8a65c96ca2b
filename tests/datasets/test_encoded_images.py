"""Images with more to them than 8-bit RGB pixels: refused with what it is, never changed without a word."""

import io
import struct
import zlib

import numpy as np
import pytest
from cifar10_files import encoded, random_split
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from overparam.datasets import encoded_images, jpeg_damage
from overparam.errors import UserError

SHAPE = (3, 32, 32)
PIXELS = random_split(1).images[0].transpose(1, 2, 0)
PICTURE = Image.fromarray(PIXELS)
SMOOTH = Image.fromarray(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))).convert("RGB")


def saved(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format=form, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(depth: int, colour: int, rows: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", 32, 32, depth, colour, 0, 0, 0)
    body = before + chunk(b"IDAT", zlib.compress(rows)) + after
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


ROWS = b"".join(b"\0" + row.tobytes() for row in PIXELS)
WIDE = b"".join(b"\0" + row.astype(">u2").tobytes() for row in PIXELS)
TURNED = Image.Exif()
TURNED[0x0112] = 6
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 1
XMP = PngInfo()
XMP.add_itxt("XML:com.adobe.xmp", '<rdf:Description tiff:Orientation="6"/>')
FRAMES = {"save_all": True, "append_images": [SMOOTH]}

UNUSUAL = {
    "16 bits": (png_of(16, 2, WIDE), "is RGB of 32×32 pixels with 16 bits each, not 8"),
    "16 bits grey": (saved(Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257)), "16 bits each"),
    "16 bits with transparency": (png_of(16, 6, b"".join(b"\0" + bytes(256) for _ in range(32))), "16 bits each"),
    "transparency": (saved(PICTURE.convert("RGBA")), r"RGBA of 32×32 pixels \(RGB with transparency\), not RGB"),
    "a transparent colour": (png_of(8, 2, ROWS, before=chunk(b"tRNS", bytes(6))), "has a transparent colour"),
    "palette": (saved(PICTURE.quantize(16)), r"P of 32×32 pixels \(a palette\), not RGB"),
    "palette with transparency": (saved(PICTURE.quantize(16), transparency=3), r"P of .* \(a palette\)"),
    "grey": (saved(PICTURE.convert("L")), r"L of 32×32 pixels \(grey\)"),
    "grey with transparency": (saved(PICTURE.convert("LA")), r"LA of 32×32 pixels \(grey with transparency\)"),
    "black and white": (saved(PICTURE.convert("1")), "black and white"),
    "animated PNG": (saved(PICTURE, **FRAMES), "is an animation"),
    "animated GIF": (saved(PICTURE, "GIF", **FRAMES), "cannot be decoded: it is a GIF"),
    "several pictures in a JPEG": (saved(PICTURE, "MPO", **FRAMES), r"several pictures \(MPO\)"),
    "turned JPEG": (saved(SMOOTH, "JPEG", exif=TURNED), r"shown turned \(EXIF orientation\)"),
    "turned PNG": (saved(PICTURE, exif=TURNED), "shown turned"),
    "turned by XMP": (saved(PICTURE, pnginfo=XMP), "shown turned"),
    "turned, said behind the pixels": (
        png_of(8, 2, ROWS, after=chunk(b"eXIf", TURNED.tobytes().removeprefix(b"Exif\0\0"))),
        "shown turned",
    ),
    "CMYK": (saved(PICTURE.convert("CMYK"), "JPEG"), "CMYK of 32×32 pixels"),
    "grey JPEG": (saved(PICTURE.convert("L"), "JPEG"), "L of 32×32"),
    "cut off": (saved(SMOOTH, "JPEG")[:-40], "cannot be decoded: "),
    "cut off PNG": (saved(PICTURE)[:-2000], "cannot be decoded: "),
    "without end": (saved(PICTURE)[:-12], "cannot be decoded: "),
    "nothing": (b"", "cannot be decoded: it is empty"),
    "WebP": (saved(PICTURE, "WEBP"), "it is a WebP image"),
    "HTML": (b"<html>404</html>", "it is an HTML page"),
    "many pixels": (saved(Image.new("RGB", (5000, 5000)))[:60_000], "RGB of 5000×5000 pixels, not RGB of 32×32"),
    "more pixels than memory": (
        png_of(8, 2, b"").replace(struct.pack(">II", 32, 32), struct.pack(">II", 2**31 - 1, 2**31 - 1)),
        "cannot be decoded",
    ),
    "a text that unpacks to much": (
        png_of(8, 2, ROWS, before=chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(30_000_000), 9))),
        "cannot be decoded: .*too large",
    ),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", UNUSUAL)
def test_refused(kind):
    content, message = UNUSUAL[kind]
    with pytest.raises(UserError, match=f"here.*{message}") as caught:
        encoded_images.decoded(content, SHAPE, "here")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


USUAL = {
    "PNG": saved(PICTURE),
    "interlaced or filtered otherwise": saved(PICTURE, optimize=True, compress_level=1),
    "with a text": saved(PICTURE, pnginfo=(lambda info: info.add_text("Comment", "none") or info)(PngInfo())),
    "upright": saved(PICTURE, exif=UPRIGHT),
}


@pytest.mark.parametrize("kind", USUAL)
def test_read_exactly(kind):
    pixels, form = encoded_images.decoded(USUAL[kind], SHAPE, "here")
    np.testing.assert_array_equal(pixels.transpose(1, 2, 0), PIXELS)
    assert form == "PNG"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}, {"exif": UPRIGHT}])
def test_whole_jpegs(options):
    content = saved(SMOOTH, "JPEG", **options)
    pixels, form = encoded_images.decoded(content, SHAPE, "here")
    assert form == "JPEG" and np.abs(pixels.transpose(1, 2, 0) - np.asarray(SMOOTH, int)).max() < 40
    assert jpeg_damage.found([content]) is None


def test_damage_that_pillow_passes_over():
    """A scan that ends too early, one with bytes left over: Pillow decodes both without a word."""
    whole = encoded(PIXELS, "JPEG")
    short = whole[:-300] + b"\xff\xd9"
    longer = whole[:-2] + bytes(20) + b"\xff\xd9"
    for damaged, said in ((short, "premature end"), (longer, "extraneous bytes")):
        np.asarray(Image.open(io.BytesIO(damaged)))
        number, complaint = jpeg_damage.found([whole, whole, damaged, whole])
        assert number == 2 and said in complaint
    assert jpeg_damage.found([]) is None and jpeg_damage.found([whole] * 300) is None
