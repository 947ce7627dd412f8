"""Pictures are kept by their hash, made anew from their pixels alone."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from node import pictures
from protocol.errors import Refusal
from tests.node.drawn import picture
from tests.node.served import Served

GPS, MAKE, ORIENTATION, COMMENT = 0x8825, 0x010F, 0x0112, b"secret comment"


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def from_a_camera() -> Image.Exif:
    exif = Image.Exif()
    exif[MAKE] = "A camera of Amina"
    exif.get_ifd(GPS)[2] = (1.0, 17.0, 31.0)
    exif[ORIENTATION] = 6  # it was held upright
    return exif


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_the_camera_wrote_is_gone_and_the_picture_stands_upright(form: str) -> None:
    data = picture(form, exif=from_a_camera())
    assert b"Amina" in data
    image = opened(pictures.cleaned(data))
    assert (image.format, image.size) == (form, (32, 64))
    assert dict(image.getexif()) == {}
    assert b"Amina" not in pictures.cleaned(data)
    top, bottom = image.convert("RGB").getpixel((16, 4)), image.convert("RGB").getpixel((16, 60))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 150 > top[2]
    assert bottom[2] > 150 > bottom[0]


def test_comments_profiles_and_what_hangs_behind_are_gone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture("JPEG", comment=COMMENT, icc_profile=profile) + b"hidden behind the end"
    clean = pictures.cleaned(data)
    assert not {COMMENT, b"hidden", b"sRGB", b"ICC_PROFILE"} & {
        one for one in (COMMENT, b"hidden", b"sRGB", b"ICC_PROFILE") if one in clean
    }
    assert clean.endswith(b"\xff\xd9")


def test_a_large_picture_is_made_as_large_as_a_screen_shows() -> None:
    image = opened(pictures.cleaned(picture("PNG", (pictures.SIDE_PX_MAX * 2, 100))))
    assert image.size == (pictures.SIDE_PX_MAX, 50)


def test_a_picture_that_one_can_see_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).quantize(4).save(out, "PNG")
    assert opened(pictures.cleaned(out.getvalue())).getpixel((1, 1)) == (0, 0, 0, 0)


def test_a_document_stays_as_it_is() -> None:
    assert pictures.cleaned(b"%PDF-1.7 and so on") == b"%PDF-1.7 and so on"


def png_of(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_a_small_file_that_says_it_is_huge_is_refused_unopened() -> None:
    side = 1_000
    with pytest.raises(Refusal, match="not-a-picture"):  # at the limit it is looked into
        pictures.cleaned(png_of(side, pictures.PIXELS_MAX // side))
    with pytest.raises(Refusal, match=r"50 million pixels.*\[too-large\]"):
        pictures.cleaned(png_of(side, pictures.PIXELS_MAX // side + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        b"\xff\xd8\xff" + b"x" * 1000,
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x04\x00\x00\x00WEBP",
        picture("JPEG", (640, 480))[:-1200],
        picture("PNG")[:60],
    ],
    ids=["empty", "text", "jpeg", "png", "webp", "cut-jpeg", "cut-png"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="not-a-picture"):
        pictures.cleaned(data)


async def test_the_same_picture_is_kept_once(one: Served) -> None:
    first = await pictures.put(one.node, picture("JPEG"))
    assert await pictures.put(one.node, picture("JPEG")) == first
    assert first.type == "image/jpeg"
    assert first.blob.startswith("blob1")
