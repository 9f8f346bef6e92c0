"""Hostile and broken uploads, each with what may come of it; drills and tests send them all."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

OK = "ok"  # stored as the picture that it really is
BROKEN = frozenset({"invalid_image"})
SIZE = frozenset({"image_dimensions"})
FINE = frozenset({OK})
LARGE = frozenset({"file_too_large"})
NAME = frozenset({OK, "upload_malformed"})  # a name alone never harms: it is cleaned or the form is refused

Content = bytes | Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class BadFile:
    """One upload: what it is, the raw file name of its part, its bytes, and the outcomes that are right."""

    name: str
    filename: bytes
    content: Content
    expected: frozenset[str]

    def blocks(self) -> Iterator[bytes]:
        """Its bytes in pieces."""
        if isinstance(self.content, bytes):
            yield self.content
        else:
            yield from self.content()


def picture(kind: str, *, seed: int = 0, width: int = 96, height: int = 80) -> bytes:
    """A good picture full of noise, so that every byte of it matters."""
    pixels = random.Random(f"{kind}{seed}").randbytes(width * height * 3)
    return _saved(Image.frombytes("RGB", (width, height), pixels), kind)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def chunk(kind: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    """One PNG chunk; a false length on request."""
    claimed = len(data) if length is None else length
    return struct.pack(">I", claimed) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    """A PNG of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """The header chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


IEND = chunk(b"IEND")


def rows(width: int, height: int, channels: int = 3, filter_byte: int = 0) -> bytes:
    """Packed pixels."""
    return zlib.compress((bytes([filter_byte]) + bytes(width * channels)) * height)


def good_png(*extra: bytes) -> bytes:
    """A small whole PNG with more chunks between header and pixels."""
    return png(ihdr(64, 64), *extra, chunk(b"IDAT", rows(64, 64)), IEND)


def zeros(count: int) -> bytes:
    """So many zeros, packed a thousandfold."""
    return zlib.compress(bytes(count), 9)


def bad_files(seed: int = 0, max_file_size: int = 52_428_800) -> Iterator[BadFile]:
    """More than a hundred uploads; another seed gives other bytes and other places of damage."""
    yield from _cut(seed)
    yield from _damaged(seed)
    yield from _other_types(seed)
    yield from _sizes(max_file_size)
    yield from _false_headers()
    yield from bombs()
    yield from _broken_png()
    yield from _broken_jpeg(seed)
    yield from _broken_webp(seed)
    yield from _animated(seed)
    yield from _polyglots(seed)
    yield from _names(seed)


def _cut(seed: int) -> Iterator[BadFile]:
    dice = random.Random(seed)
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = picture(kind, seed=seed)
        lengths = {1, 4, 8, 12, 16, 24, 33, 40, len(whole) - 1, len(whole) - 2, len(whole) - 9}
        lengths |= {len(whole) * percent // 100 for percent in (10, 25, 50, 75, 95, 99)}
        lengths |= {dice.randrange(1, len(whole)) for _ in range(3)}
        for length in sorted(lengths):
            yield BadFile(f"{kind} cut at {length}", b"cut.png", whole[:length], BROKEN)


def _damaged(seed: int) -> Iterator[BadFile]:
    dice = random.Random(seed)
    whole = picture("PNG", seed=seed)
    for _ in range(6):
        at = dice.randrange(41, len(whole) - 16)
        broken = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        yield BadFile(f"PNG bit flipped at {at}", b"flip.png", broken, BROKEN)
    for kind in ("JPEG", "WEBP"):
        whole = bytearray(picture(kind, seed=seed))
        for _ in range(30):
            whole[dice.randrange(30, len(whole))] = dice.randrange(256)
        # Without checksums damage can look like a picture.
        expected = BROKEN | FINE | SIZE
        yield BadFile(f"{kind} with 30 random bytes", b"damaged", bytes(whole), expected)
    yield BadFile("random bytes", b"random.png", dice.randbytes(5000), BROKEN)
    yield BadFile("signature and noise", b"n.png", png(dice.randbytes(5000)), BROKEN)
    yield BadFile("JPEG start and noise", b"n.jpg", b"\xff\xd8\xff\xe0" + dice.randbytes(5000), BROKEN)
    yield BadFile("RIFF and noise", b"n.webp", b"RIFF\0\x10\0\0WEBP" + dice.randbytes(5000), BROKEN)


def _other_types(seed: int) -> Iterator[BadFile]:
    image = Image.open(io.BytesIO(picture("PNG", seed=seed)))
    for kind, name in (
        ("GIF", b"a.gif"),
        ("BMP", b"a.bmp"),
        ("TIFF", b"a.tif"),
        ("PPM", b"a.ppm"),
        ("ICO", b"a.ico"),
    ):
        yield BadFile(kind, name, _saved(image, kind), BROKEN)
        yield BadFile(f"{kind} named .png", b"a.png", _saved(image, kind), BROKEN)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.png", picture("PNG", seed=seed))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100' onload='alert(1)'/>"
    entity = b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>"
    for name, content in {
        "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 100, 100, 8, 3) + bytes(200),
        "SVG": svg,
        "SVG with an entity": entity,
        "HTML": b"<!doctype html><script>alert(1)</script>",
        "ZIP": archive.getvalue(),
        "gzip of a PNG": gzip.compress(picture("PNG", seed=seed)),
        "MP4": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(500),
        "AVIF head": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf" + bytes(500),
        "PDF": b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF",
        "ELF": b"\x7fELF\2\1\1" + bytes(300),
        "EXE": b"MZ" + bytes(300),
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(ls) system\n",
        "text": "Привет, hello".encode(),
        "JSON": json.dumps({"a": 1}).encode(),
        "PHP": b"<?php system($_GET['c']); ?>",
        "one byte": b"\x89",
        "NULs": bytes(4096),
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(300),
        "WAV": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(40),
    }.items():
        yield BadFile(name, b"picture.png", content, BROKEN)


def _sizes(limit: int) -> Iterator[BadFile]:
    def run(count: int, start: bytes = b"") -> Callable[[], Iterator[bytes]]:
        def blocks() -> Iterator[bytes]:
            yield start
            left = count - len(start)
            while left:
                block = bytes(min(left, 1 << 20))
                left -= len(block)
                yield block

        return blocks

    yield BadFile("nothing", b"empty.png", b"", BROKEN)
    yield BadFile("limit of zeros", b"limit.png", run(limit), BROKEN)
    yield BadFile("limit + 1", b"large.png", run(limit + 1), LARGE)
    yield BadFile("limit + 1 as PNG", b"large.png", run(limit + 1, good_png()), LARGE)
    yield BadFile("good PNG and zeros up to the limit", b"padded.png", run(limit, good_png()), FINE)
    yield BadFile("limit + 3 MB", b"larger.png", run(limit + 3 * 1024 * 1024), LARGE)


def _false_headers() -> Iterator[BadFile]:
    def head(width: int, height: int) -> bytes:
        return png(ihdr(width, height), chunk(b"IDAT", rows(64, 64)), IEND)

    for width, height in ((60_000, 60_000), (4097, 64), (63, 64), (64, 63), (1, 1), (2**31 - 1, 2**31 - 1)):
        yield BadFile(f"PNG that claims {width}x{height}", b"claim.png", head(width, height), SIZE)
    yield BadFile("PNG that claims 4096x4096", b"claim.png", head(4096, 4096), BROKEN)
    yield BadFile("PNG that claims 0x64", b"claim.png", head(0, 64), BROKEN)
    whole = bytearray(picture("JPEG"))
    at = whole.index(b"\xff\xc0")
    for width, height, expected in (
        (65535, 65535, SIZE),
        (4096, 4096, BROKEN),
        (96, 0, BROKEN),
        (0, 80, BROKEN),
    ):
        whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
        yield BadFile(f"JPEG that claims {width}x{height}", b"claim.jpg", bytes(whole), expected)
    for side, expected in ((16_384, SIZE), (1 << 24, SIZE), (4096, BROKEN)):
        data = b"VP8X\x0a\0\0\0\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2
        data += picture("WEBP")[12:]
        whole_webp = b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data
        yield BadFile(f"WEBP that claims {side}", b"claim.webp", whole_webp, expected)


def bombs() -> Iterator[BadFile]:
    """Small files that unpack to a hundred megabytes."""
    bomb = zeros(100_000_000)
    yield BadFile("zTXt bomb", b"bomb.png", good_png(chunk(b"zTXt", b"Comment\0\0" + bomb)), BROKEN)
    yield BadFile("iTXt bomb", b"bomb.png", good_png(chunk(b"iTXt", b"avatarforge\0\1\0\0\0" + bomb)), BROKEN)
    yield BadFile("iCCP bomb", b"bomb.png", good_png(chunk(b"iCCP", b"icc\0\0" + bomb)), BROKEN)
    late = png(ihdr(64, 64), chunk(b"IDAT", rows(64, 64)), chunk(b"zTXt", b"prompt\0\0" + bomb), IEND)
    yield BadFile("zTXt bomb behind the pixels", b"bomb.png", late, BROKEN)
    # A small picture and, packed behind it, far more: nobody unpacks that.
    yield BadFile("IDAT bomb", b"bomb.png", png(ihdr(64, 64), chunk(b"IDAT", bomb), IEND), FINE)
    yield BadFile("IDAT bomb cut off", b"bomb.png", png(ihdr(64, 64), chunk(b"IDAT", bomb)), BROKEN)
    yield BadFile("broken zTXt", b"z.png", good_png(chunk(b"zTXt", b"Comment\0\0not packed")), FINE)
    many = chunk(b"tEXt", b"a\0b") * 100_001
    yield BadFile("100,001 texts", b"many.png", good_png(many), BROKEN)
    yield BadFile(
        "100,000 empty IDATs", b"many.png", png(ihdr(64, 64), chunk(b"IDAT") * 100_000, IEND), BROKEN
    )
    yield BadFile("1 MB of text", b"text.png", good_png(chunk(b"tEXt", b"prompt\0" + b"x" * 1_000_000)), FINE)
    nested = b"avatarforge\0" + b"[" * 200_000
    yield BadFile("200,000 brackets as recipe", b"nested.png", good_png(chunk(b"tEXt", nested)), FINE)


def _broken_png() -> Iterator[BadFile]:
    pixels = chunk(b"IDAT", rows(64, 64))
    for name, content in {
        "two headers": png(ihdr(64, 64), ihdr(4096, 4096), pixels, IEND),
        "no pixels": png(ihdr(64, 64), IEND),
        "only a header": png(ihdr(64, 64)),
        "no header": png(pixels, IEND),
        "pixels before the header": png(pixels, ihdr(64, 64), IEND),
        "no end": png(ihdr(64, 64), pixels),
        "long header": png(chunk(b"IHDR", bytes(14)), pixels, IEND),
        "false checksum": png(ihdr(64, 64), pixels[:-1] + bytes([pixels[-1] ^ 1]), IEND),
        "false header checksum": png(ihdr(64, 64)[:-1] + b"\0", pixels, IEND),
        "length over the end": png(ihdr(64, 64), chunk(b"IDAT", rows(64, 64), length=2**31 - 1), IEND),
        "length over 2**31": png(ihdr(64, 64), chunk(b"tEXt", b"", length=2**32 - 1), pixels, IEND),
        "depth 7": png(ihdr(64, 64, depth=7), pixels, IEND),
        "colour 5": png(ihdr(64, 64, colour=5), pixels, IEND),
        "interlace 9": png(ihdr(64, 64, interlace=9), pixels, IEND),
        "pixels of no zlib": png(ihdr(64, 64), chunk(b"IDAT", b"nothing of the kind"), IEND),
        "a row too few": png(ihdr(64, 64), chunk(b"IDAT", rows(64, 63)), IEND),
        "filter 9": png(ihdr(64, 64), chunk(b"IDAT", rows(64, 64, filter_byte=9)), IEND),
        "no palette": png(ihdr(64, 64, colour=3), chunk(b"IDAT", rows(64, 64, 1)), IEND),
        "scattered pixels": png(
            ihdr(64, 64),
            chunk(b"IDAT", rows(64, 64)[:20]),
            chunk(b"tEXt", b"a\0b"),
            chunk(b"IDAT", rows(64, 64)[20:]),
            IEND,
        ),
        "interlaced and too short": png(ihdr(64, 64, interlace=1), chunk(b"IDAT", rows(64, 64)), IEND),
        "chunk with a binary name": good_png(chunk(b"\0\1\2\3", b"x")),
    }.items():
        yield BadFile(f"PNG: {name}", b"broken.png", content, BROKEN)


def _broken_jpeg(seed: int) -> Iterator[BadFile]:
    whole = picture("JPEG", seed=seed)
    frame = whole.index(b"\xff\xc0")
    scan = whole.index(b"\xff\xda")
    length = 2 + int.from_bytes(whole[frame + 2 : frame + 4], "big")
    scan_head = whole[scan : scan + 2 + int.from_bytes(whole[scan + 2 : scan + 4], "big")]
    for name, content in {
        "two frames": whole[:scan] + whole[frame : frame + length] + whole[scan:],
        "no frame": whole[:frame] + whole[frame + length :],
        "no scan": whole[:scan] + b"\xff\xd9",
        "no pixels": whole[:scan] + scan_head + b"\xff\xd9",
        "200 scans": whole[:-2] + (scan_head + b"\x00") * 200 + b"\xff\xd9",
        "segment of length 0": whole[:2] + b"\xff\xe5\0\0" + whole[2:],
        "segment over the end": whole[:2] + b"\xff\xe5\xff\xff" + whole[2:200],
        "20,000 empty segments": whole[:2] + b"\xff\xe5\0\2" * 20_000 + whole[2:],
        "12 bits": whole[: frame + 4] + b"\x0c" + whole[frame + 5 :],
    }.items():
        yield BadFile(f"JPEG: {name}", b"broken.jpg", content, BROKEN)
    junk = b"\xff\xe1\0\x20Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(16)
    yield BadFile("JPEG: broken EXIF", b"exif.jpg", whole[:2] + junk + whole[2:], FINE)


def _broken_webp(seed: int) -> Iterator[BadFile]:
    whole = picture("WEBP", seed=seed)
    lossless = _saved(Image.open(io.BytesIO(whole)), "WEBP", lossless=True)

    def riff(*chunks: bytes) -> bytes:
        body = b"WEBP" + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    for name, content in {
        "nothing inside": riff(),
        "unknown chunk only": riff(b"JUNK\4\0\0\0abcd"),
        "length over the end": whole[:16] + b"\xff\xff\xff\x7f" + whole[20:],
        "claims more than there is": whole[:4] + b"\xff\xff\xff\x7f" + whole[8:],
        "no start code": whole[:23] + bytes(3) + whole[26:],
        "lossless without its mark": lossless[:20] + b"\0" + lossless[21:],
        "canvas without a picture": riff(b"VP8X\x0a\0\0\0" + bytes(4) + b"\x5f\0\0\x4f\0\0"),
        "20,000 chunks": riff(whole[12:], b"JUNK\0\0\0\0" * 20_000),
        "half of the pixels": riff(b"VP8 " + struct.pack("<I", 2000), whole[20:2020]),
    }.items():
        yield BadFile(f"WEBP: {name}", b"broken.webp", content, BROKEN)


def _animated(seed: int) -> Iterator[BadFile]:
    colours = [(index * 20 % 256, seed % 256, 200 - index) for index in range(101)]
    frames = [Image.new("RGB", (64, 64), colour) for colour in colours]
    for kind in ("PNG", "WEBP"):
        few = _saved(frames[0], kind, save_all=True, append_images=frames[1:3])
        many = _saved(frames[0], kind, save_all=True, append_images=frames[1:])
        yield BadFile(f"{kind} of 3 frames", b"few", few, FINE)
        yield BadFile(f"{kind} of 101 frames", b"many", many, BROKEN)
        yield BadFile(f"{kind} animation cut off", b"cut", few[: len(few) * 2 // 3], BROKEN)
    claim = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    yield BadFile("PNG that claims two billion frames", b"claim.png", good_png(claim), BROKEN)


def _polyglots(seed: int) -> Iterator[BadFile]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.html", "<script>alert(1)</script>")
    html = b"<html><script>alert(1)</script></html>"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", html.decode())
    good = picture("PNG", seed=seed)
    jpg = picture("JPEG", seed=seed)
    yield BadFile("PNG and ZIP", b"both.png", good + archive.getvalue(), FINE)
    yield BadFile("PNG with HTML", b"x.html", _saved(Image.open(io.BytesIO(good)), "PNG", pnginfo=info), FINE)
    yield BadFile("JPEG and HTML", b"x.html", jpg + html, FINE)
    comment = b"\xff\xfe" + struct.pack(">H", len(html) + 2) + html
    yield BadFile("JPEG with HTML inside", b"x.php", jpg[:2] + comment + jpg[2:], FINE)
    yield BadFile("WEBP and a program", b"x.exe", picture("WEBP", seed=seed) + b"MZ" + bytes(99), FINE)
    yield BadFile("ZIP and PNG", b"both.png", archive.getvalue() + good, BROKEN)
    yield BadFile("GIF and JavaScript", b"x.js", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", BROKEN)
    yield BadFile("HTML and PNG", b"x.png", html + good, BROKEN)
    yield BadFile("text mark and PNG", b"x.png", b"\xef\xbb\xbf" + good, BROKEN)


def _names(seed: int) -> Iterator[BadFile]:
    good = picture("PNG", seed=seed, width=64, height=64)
    for name in (
        b"../../../../etc/passwd",
        b"..\\..\\windows\\system32\\config.png",
        b"C:\\Windows\\win.ini",
        b"\\\\server\\share\\a.png",
        b"/etc/shadow",
        b"a\0b.png",
        b"a\nb.png",
        b"a\r\nX-Evil: 1\r\n.png",
        b"%00.png",
        b"%2e%2e%2fa.png",
        "фото 写真 🙂.png".encode(),
        "\u202egnp.exe".encode(),
        b"\xff\xfe\xfd.png",
        b"x" * 10_000 + b".png",
        b"x" * 300 + b".png",
        b"CON",
        b"NUL.png",
        b"",
        b".",
        b"..",
        b".htaccess",
        b"a;b=c.png",
        b'a%22b".png',
        b"   ",
        b"<script>alert(1)</script>.png",
        b"' OR 1=1; DROP TABLE files; --.png",
        b"{0.__class__}{request_id}.png",
        b"file.png/",
    ):
        yield BadFile(f"name {name[:40]!r}", name, good, NAME)
