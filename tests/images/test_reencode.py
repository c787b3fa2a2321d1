"""Images made anew: what is kept of honest ones, and what becomes of the others."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from tests.support import pictures
from webapp.errors import ImageBroken, ImageTooManyPixels, Refused
from webapp.images import process
from webapp.images.reencode import MadeAnew, Reencoder, is_image


def make(content: bytes) -> MadeAnew:
    return Reencoder().make(content, "a.png")


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("GIF", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg")],
)
def test_an_image_of_each_kind_is_written_anew_and_looks_the_same(
    kind: str, media_type: str
) -> None:
    original = pictures.photograph()
    content = pictures.saved(original, kind)
    assert is_image(content)

    made = make(content)

    assert (made.media_type, made.width, made.height) == (media_type, 600, 400)
    image = pictures.opened(made.content).convert("RGB")
    assert image.size == (600, 400)
    assert _near(image.getpixel((20, 200)), pictures.RED)
    assert _near(image.getpixel((580, 200)), pictures.BLUE)


def test_the_longest_side_is_bounded_and_pages_get_a_small_one() -> None:
    made = make(pictures.saved(pictures.photograph(3000, 1500), "JPEG"))

    assert (made.width, made.height) == (2048, 1024)
    assert pictures.opened(made.content).size == (2048, 1024)
    small = pictures.opened(made.small)
    assert (small.format, small.size) == ("WEBP", (640, 320))


def test_one_that_is_small_is_its_own_small_one_and_is_not_blown_up() -> None:
    made = make(pictures.png(60, 40))

    assert (made.width, made.height, made.small) == (60, 40, b"")


def test_nothing_but_pixels_is_kept_and_those_stand_upright() -> None:
    content = pictures.jpeg_of_a_telephone(orientation=6)
    assert content.count(b"Quetzal") == 3

    made = make(content)

    assert b"Quetzal" not in made.content + made.small
    image = pictures.opened(made.content)
    assert not image.getexif()
    assert (made.width, made.height) == image.size == (400, 600)
    # What the camera had at its left is at the top.
    assert _near(image.getpixel((200, 20)), pictures.RED)
    assert _near(image.getpixel((200, 580)), pictures.BLUE)


def test_texts_profiles_and_what_hangs_behind_an_image_are_gone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = pictures.saved(pictures.photograph(), "PNG", icc_profile=profile)
    content += b"PK\x03\x04<script>alert(1)</script>"
    assert b"iCCP" in content

    made = make(content)

    chunks = {
        one for one in (b"iCCP", b"tEXt", b"eXIf", b"PK\x03\x04", b"script") if one in made.content
    }
    assert chunks == set()
    assert pictures.opened(made.content).info == {}


def test_colours_of_a_profile_become_those_of_screens() -> None:
    red, profile = Image.new("RGB", (40, 40), pictures.RED), _with_red_and_blue_exchanged()
    content = pictures.saved(red, "JPEG", quality=95, icc_profile=profile)
    assert _near(pictures.opened(content).getpixel((20, 20)), pictures.RED)

    shown = pictures.opened(make(content).content)

    assert _near(shown.getpixel((20, 20)), pictures.BLUE)
    assert "icc_profile" not in shown.info


def test_what_lets_something_through_goes_on_to() -> None:
    clear = pictures.opened(make(pictures.png(colour=(200, 30, 30, 100))).content)
    palette = Image.new("P", (40, 40), 0)
    clear_by_index = make(pictures.saved(palette, "PNG", transparency=0))
    opaque = pictures.opened(make(pictures.png(colour=(200, 30, 30, 255))).content)

    assert clear.getpixel((10, 10)) == (200, 30, 30, 100)
    assert pictures.opened(clear_by_index.content).getpixel((1, 1))[3] == 0
    assert opaque.mode == "RGB"


def test_of_what_moves_the_first_picture_is_kept() -> None:
    first, second = (Image.new("RGB", (40, 40), one) for one in (pictures.RED, pictures.BLUE))
    for kind in ("GIF", "WEBP", "PNG"):
        content = pictures.saved(first, kind, save_all=True, append_images=[second])

        image = pictures.opened(make(content).content)

        assert getattr(image, "n_frames", 1) == 1
        assert _near(image.convert("RGB").getpixel((20, 20)), pictures.RED), kind


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_rare_kinds_of_pixels_can_be_seen(mode: str) -> None:
    middle = {"1": 1, "LA": (128, 255), "I;16": 128 * 256, "CMYK": (0, 0, 0, 127)}.get(mode, 128)
    image = (
        Image.new("L", (40, 40), 128).convert("P")
        if mode == "P"
        else Image.new(mode, (40, 40), middle)
    )

    made = make(pictures.saved(image, "JPEG" if mode == "CMYK" else "PNG"))

    seen = pictures.opened(made.content).convert("L").getpixel((20, 20))
    assert seen == 255 if mode == "1" else 118 <= seen <= 138


def test_a_photograph_that_was_saved_as_png_becomes_a_jpeg() -> None:
    content = pictures.saved(pictures.photograph(1000, 800), "PNG")

    made = make(content)

    assert made.media_type == "image/jpeg"
    assert len(made.content) < len(content) / 2


def test_what_lets_something_through_and_is_too_large_is_put_on_white() -> None:
    noise = Image.frombytes("RGBA", (1000, 1000), os.urandom(4_000_000))
    noise.paste((0, 0, 0, 0), (0, 0, 100, 100))
    content = pictures.saved(noise, "PNG", compress_level=1)
    assert len(content) > process.LARGEST

    made = make(content)

    assert made.media_type == "image/jpeg"
    assert len(made.content) <= process.LARGEST
    assert _near(pictures.opened(made.content).getpixel((50, 50)), (255, 255, 255))


_NOTHING_OF_MANY_PIXELS = b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0"
_HOSTILE: dict[str, tuple[Callable[[], bytes], type[Refused]]] = {
    "a bomb": (lambda: pictures.bomb(20_000, 20_000), ImageTooManyPixels),
    "a WebP bomb": (lambda: _NOTHING_OF_MANY_PIXELS, ImageTooManyPixels),
    "half a PNG": (lambda: pictures.png()[:60], ImageBroken),
    "half a JPEG": (lambda: pictures.saved(pictures.photograph(), "JPEG")[:4000], ImageBroken),
    "half a WebP": (lambda: pictures.saved(pictures.photograph(), "WEBP")[:2000], ImageBroken),
    "half a GIF": (lambda: pictures.saved(pictures.photograph(), "GIF")[:30], ImageBroken),
    "a text that grows": (lambda: pictures.with_text_that_grows(100), ImageBroken),
    "endless scans": (pictures.endless_scans, ImageBroken),
    "noise": (lambda: b"\xff\xd8\xff" + os.urandom(5000), ImageBroken),
    "a text": (lambda: b"GIF89a is how this text begins", ImageBroken),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_file_is_refused_and_takes_nothing(name: str) -> None:
    maker, error = _HOSTILE[name]
    content = maker()
    assert is_image(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(error, match=r"“a\.png”"):
        make(content)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_other_kinds_are_no_images_here_and_no_other_decoder_is_asked() -> None:
    others = [b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"%PDF-1.7", b""]
    others += [pictures.saved(pictures.photograph(), kind) for kind in ("BMP", "TIFF", "ICO")]
    assert not any(map(is_image, others))

    for content in others[:1] + others[-3:]:
        with pytest.raises(ImageBroken):
            make(content)


def test_the_process_bounds_itself_before_it_looks(tmp_path: Path) -> None:
    program = tmp_path / "bounded.py"
    program.write_text(
        "import os, resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "import process; process.main.__globals__['_made_anew'] = lambda _: sys.exit(\n"
        "    str([resource.getrlimit(one)[1] for one in\n"
        "    (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)] + [os.nice(0)]))\n"
        "process.main()\n"
    )

    said = subprocess.run(
        [sys.executable, "-I", program, Path(process.__file__).parent],
        input=b"",
        capture_output=True,
        check=False,
    ).stderr

    memory, seconds, written, nice = json.loads(said.splitlines()[-1])
    assert memory <= 1 << 30
    assert seconds <= 20
    assert written <= 2 * process.LARGEST
    assert nice >= 10


def test_the_server_never_loads_what_decodes() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, webapp.app; print('PIL' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said.strip() == "False"


def _near(one: object, other: tuple[int, int, int]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) < 40 for a, b in zip(one, other, strict=True))


def _with_red_and_blue_exchanged() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
