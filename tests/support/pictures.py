"""Images as people have them, and as nobody should send them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageDraw

RED, BLUE = (200, 30, 30), (30, 30, 200)

_GPS, _ORIENTATION, _MAKE = 0x8825, 0x0112, 0x010F


def png(width: int = 60, height: int = 40, colour: object = RED) -> bytes:
    mode = "RGBA" if isinstance(colour, tuple) and len(colour) > 3 else "RGB"
    return saved(Image.new(mode, (width, height), colour), "PNG")


def photograph(width: int = 600, height: int = 400) -> Image.Image:
    """Make something with many colours, red on its left and blue on its right."""
    image = Image.effect_noise((width, height), 40).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 8, height), fill=RED)
    draw.rectangle((width - width // 8, 0, width, height), fill=BLUE)
    return image


def jpeg_of_a_telephone(*, orientation: int = 6) -> bytes:
    """Make a JPEG that says who took it, where, and how the camera was held."""
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_MAKE] = orientation, "Quetzal Phone"
    exif.get_ifd(_GPS)[1] = "Quetzal north"
    return saved(photograph(), "JPEG", exif=exif, comment=b"Quetzal says", quality=90)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def bomb(width: int, height: int) -> bytes:
    """Make a PNG of some kilobytes that says to have so many pixels, and has them."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = packer.compress(row * min(height, 1000))
    for _ in range(1, height // 1000):
        rows += packer.compress(row * 1000)
    rows += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head), _chunk(b"IDAT", rows), _chunk(b"IEND", b"")]
    )


def with_text_that_grows(megabytes: int) -> bytes:
    """Make a small PNG with a compressed text in it that unpacks to so much."""
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000) * megabytes, 9))
    plain = png()
    return plain[:33] + text + plain[33:]


def endless_scans(count: int = 200_000) -> bytes:
    """Make a progressive JPEG of many pixels with scans that say nothing and cost a pass each."""
    plain = saved(Image.new("L", (6000, 6000), 128), "JPEG", progressive=True)
    end = plain.rindex(b"\xff\xd9")
    # Component 1, with its table 0: the lowest bit of the first coefficient, once more.
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x10"
    return plain[:end] + scan * count + plain[end:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
