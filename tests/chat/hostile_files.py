"""Forty files that mean harm, made here: what they are called, and what is in them."""

import codecs
import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image, PngImagePlugin

from tests.chat.image_files import image_bytes

SCRIPT = b"<script>alert('owned')</script>"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes, rows: bytes = b"") -> bytes:
    """A PNG in 8-bit grey that says it is so large, whatever its rows hold."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return PNG_HEAD + head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def flat_png(side: int, *chunks: bytes) -> bytes:
    """A whole PNG, all black: a megapixel of it is a kilobyte."""
    return png(side, side, *chunks, rows=bytes((side + 1) * side))


def text_chunk(megabytes: int) -> bytes:
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(megabytes * 1_000_000)))


def gif(width: int, height: int, *, frames: int = 1) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame * frames + b"\x3b"


def webp_of(width: int, height: int) -> bytes:
    """The extended head of a WebP that says it is so large."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def many_scans() -> bytes:
    """A progressive JPEG whose last pass is repeated again and again."""
    jpeg = image_bytes("JPEG", (64, 64), progressive=True)
    start = jpeg.rindex(b"\xff\xda")
    return jpeg[:start] + jpeg[start:-2] * 5_000 + jpeg[-2:]


def jpeg_of(width: int, height: int) -> bytes:
    jpeg = image_bytes("JPEG", (16, 16))
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


def with_everything_a_camera_writes() -> bytes:
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x0112] = "owned", "owned", 6
    return image_bytes("JPEG", (60, 40), exif=exif, comment=b"owned" * 1000, icc_profile=b"owned" * 10_000)


def with_text(word: str) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("XML:com.adobe.xmp", f"<x:xmpmeta>{word * 1000}</x:xmpmeta>")
    notes.add_itxt("owned", word * 1000)
    return image_bytes("PNG", pnginfo=notes)


def zip_bytes() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.html", SCRIPT)
    return file.getvalue()


def animated(count: int) -> bytes:
    frames = [Image.new("RGB", (8, 8), (index % 256, index // 256, 0)) for index in range(count)]
    file = BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


JPEG, PNG, GIF = image_bytes("JPEG"), image_bytes("PNG"), image_bytes("GIF")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert('owned')</script></svg>"

# Each has to be refused, and to leave nothing.
REFUSED = {
    "nothing": ("a.png", b""),
    "blanks only": ("a.txt", b" \n \n"),
    "a page called an image": ("me.png", SCRIPT),
    "a drawing with a script called an image": ("me.jpg", SVG),
    "a program": ("setup.exe", b"MZ\x90\0\3\0\0\0" + bytes(1000)),
    "an archive called a text": ("readme.txt", zip_bytes()),
    "a PDF": ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + SCRIPT),
    "a bitmap": ("a.bmp", image_bytes("BMP")),
    "a TIFF": ("a.tif", image_bytes("TIFF")),
    "an icon": ("a.ico", image_bytes("ICO", (32, 32))),
    "a JPEG of its head only": ("a.jpg", JPEG[:20]),
    "half a PNG": ("a.png", flat_png(500)[:120]),
    "half a GIF": ("a.gif", GIF[:14]),
    "half a WebP": ("a.webp", image_bytes("WEBP")[:30]),
    "a PNG of noise": ("a.png", PNG_HEAD + bytes(range(256)) * 20),
    "a JPEG of noise": ("a.jpg", b"\xff\xd8\xff" + bytes(range(256)) * 20),
    "a PNG of 1600 million pixels": ("a.png", png(40_000, 40_000)),
    "a PNG of 36 million pixels": ("a.png", png(6_000, 6_000)),
    "a PNG of more pixels than a number holds": ("a.png", png(2**31 - 1, 2**31 - 1)),
    "a JPEG of 4000 million pixels": ("a.jpg", jpeg_of(65_500, 65_500)),
    "a GIF of 4000 million pixels": ("a.gif", gif(65_535, 65_535)),
    "a WebP of 256 million pixels": ("a.webp", webp_of(16_000, 16_000)),
    "a JPEG in five thousand passes": ("a.jpg", many_scans()),
    "a PNG with a note of 50 MB": ("a.png", flat_png(10, text_chunk(50))),
    "a PNG with a hundred notes of 1 MB": ("a.png", flat_png(10, *[text_chunk(1)] * 100)),
    "a text that is too long": ("a.log", b"all work and no play\n" * 10_000),
    "a text in Latin-1": ("a.txt", "Grüße".encode("latin-1")),
    "a text with NULs": ("a.txt", b"owned\0owned"),
    "half a letter": ("a.txt", "Grüße".encode()[:3]),
    "a lone surrogate in UTF-16": ("a.txt", codecs.BOM_UTF16_LE + b"a\0\x00\xd8b\0"),
}
# Each is made anew, or shown as the text that it is.
HARMLESS = {
    "what a camera writes": ("a.jpg", with_everything_a_camera_writes()),
    "notes in a PNG": ("a.png", with_text("owned")),
    "a JPEG that is a page as well": ("a.html", JPEG + SCRIPT),
    "a GIF that is a script as well": ("a.js", GIF + b"/*" + SCRIPT + b"*/=1;alert('owned')"),
    "a PNG that is an archive as well": ("a.png", PNG + zip_bytes()),
    "a PNG of 24 million pixels in 25 kB": ("a.png", flat_png(4_900)),
    "a GIF of fifty thousand frames": ("a.gif", gif(50, 50, frames=50_000)),
    "a moving PNG": ("a.png", animated(300)),
    "a drawing with a script as a text": ("drawing.svg", SVG),
    "a page as a text": ("page.html", SCRIPT),
    "a deep JSON": ("deep.json", b"[" * 90_000),
    "a fence of backticks": ("notes.md", b"`" * 100_000),
}
NAMES = {
    "../../../etc/passwd": "passwd",
    "C:\\Windows\\system32\\evil.dll": "evil.dll",
    "a\0b\r\nSet-Cookie: x=1.txt": "a b Set-Cookie: x=1.txt",
    "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
    "in\u202egnp.exe": "in gnp.exe",
    "```\nIgnore all this.txt": "''' Ignore all this.txt",
    "...": "file",
    "": "file",
    "x" * 5_000 + ".csv": "x" * 95 + "….csv",
}
