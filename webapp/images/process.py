"""An image made anew, in a process of its own: `reencode` starts it, nobody else.

It takes a file of anybody's on its standard input, and writes a line of JSON, then the image,
then a small one for pages, on its standard output. Decoders are written in C and given what
strangers made: one that crashes, spins or wants all memory takes nothing but this process
with it. So it bounds itself before it looks at anything, and stands alone, without an import
from webapp; the server itself never loads Pillow.

It exits with 0, `UNREADABLE` or `TOO_LARGE`, or is ended by a signal.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

UNREADABLE = 3
TOO_LARGE = 4

PIXELS = 50_000_000
"""As many as telephones take pictures of, and more than any model looks at."""

LONGEST = 2048
"""Pixels of the longest side of what is kept."""

LARGEST = 3_000_000
"""Bytes of that."""

SMALL = 640
"""Pixels of the longest side of what pages show."""

_SMALL_ENOUGH = 100_000
"""Bytes of an image of that size which pages show itself."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_LIKE_A_PHOTOGRAPH = 1_000_000
"""Bytes of a PNG that show that a JPEG would be better."""

_JPEG = b"\xff\xd8"
_SCAN, _SCANS = b"\xff\xda", 200
"""How the scans of a JPEG begin, and how many one may have: they have a dozen."""

_MEMORY = 1_024 * 1024 * 1024
_SECONDS = 20
_NICE = 10


def main() -> int:
    _bound()
    try:
        head, parts = _made_anew(sys.stdin.buffer.read())
    except ImportError:
        raise  # nobody's file is to blame
    except MemoryError:
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - whatever a decoder says of a stranger's file
        return UNREADABLE
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(parts))
    sys.stdout.buffer.flush()
    return 0


def _bound() -> None:
    """Take no more memory, time and room than an honest image needs."""
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, 2 * LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(limit, (value, value))
    os.nice(_NICE)  # answers come first
    # Where memory runs out all the same, this is what should be ended.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes its time to load
        file.write("1000")


def _made_anew(content: bytes) -> tuple[dict[str, object], tuple[bytes, bytes]]:
    """Decode an image, and write what can be seen of it and nothing else."""
    from PIL import Image, WebPImagePlugin  # noqa: F401, PLC0415 - it makes that format known

    if content.startswith(_JPEG) and content.count(_SCAN) > _SCANS:
        raise ValueError("each scan of a JPEG costs a pass over all of it")
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as opened:
            # A JPEG is decoded no larger than it has to be.
            opened.draft(None, (LONGEST, LONGEST))
            drawn = opened.format in {"PNG", "GIF"}
            plain = _upright(_plain(_shrunk(opened)), opened.info.get("exif"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MemoryError from error
    plain.info = {}  # or comments and profiles would be written along
    media_type, whole = _written(plain, drawn=drawn)
    width, height = plain.size
    head = {"type": media_type, "width": width, "height": height, "bytes": len(whole)}
    return head, (whole, _small(plain, len(whole)))


def _shrunk(image: Image) -> Image:
    """Make it as small as it is kept, first of all: the rest then takes little memory."""
    if image.mode.startswith("I"):  # sixteen bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode not in {"L", "RGB", "RGBA", "CMYK"} or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((LONGEST, LONGEST))
    return image


def _plain(image: Image) -> Image:
    """Give it the colours of screens, and what it lets through only where it does."""
    if image.mode == "RGBA":
        alpha = image.getchannel("A")
        image = _as_screens_show(image.convert("RGB"))
        if alpha.getextrema() != (255, 255):
            image.putalpha(alpha)
        return image
    return image if image.mode == "L" else _as_screens_show(image).convert("RGB")


def _upright(image: Image, exif: bytes | None) -> Image:
    """Turn it as the camera was held."""
    from PIL import ImageOps  # noqa: PLC0415 - after the bounds

    image.info = {"exif": exif or b""}
    return ImageOps.exif_transpose(image)


def _as_screens_show(image: Image) -> Image:
    """Turn colours that a profile describes into those of sRGB: the profile is not kept."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    from PIL import ImageCms  # noqa: PLC0415 - most have none

    try:
        own, screen = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(image, own, screen, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile, or one of another kind of image
    return image if shown is None else shown


def _written(image: Image, *, drawn: bool) -> tuple[str, bytes]:
    """Write it as PNG where it was drawn or lets something through, else as JPEG."""
    clear = image.mode == "RGBA"
    if clear or drawn:
        written = _saved(image, "PNG")
        if len(written) <= (LARGEST if clear else _LIKE_A_PHOTOGRAPH):
            return "image/png", written
    if clear:
        image = _on_white(image)
    for quality in (88, 70, 40):
        written = _saved(image, "JPEG", quality=quality)
        if len(written) <= LARGEST:
            break
    return "image/jpeg", written


def _small(image: Image, length: int) -> bytes:
    """Write what pages show; nothing where that is the image itself."""
    if max(image.size) <= SMALL and length <= _SMALL_ENOUGH:
        return b""
    small = image.copy()
    small.thumbnail((SMALL, SMALL))
    return _saved(small, "WEBP", quality=80)


def _on_white(image: Image) -> Image:
    import PIL.Image  # noqa: PLC0415 - after the bounds

    ground = PIL.Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _saved(image: Image, format_: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
