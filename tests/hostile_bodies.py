"""Requests that nobody sends by accident, each with what may become of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MB = 1_000_000
JSON = "application/json"
GENERATE = "/avatarforge-controller/generate/avatar"

REFUSED = frozenset({400, 404, 413, 422})
TAKEN = frozenset({200})

# Members with what is right for them; everything else of WRONG is to be refused.
TEXTS = ("prompt", "clothing", "style", "negative_prompt")
NAMES = ("pose_file_id", "reference_file_id", "pose_image", "reference_image", "workflow", "model")
NAMES += ("sampler", "scheduler", "engine")
NUMBERS = ("width", "height", "seed", "variants", "steps", "cfg", "denoise")
ODD_VALUES: dict[str, str] = {
    "object": "{}",
    "array": "[]",
    "nested array": '[["a"]]',
    "true": "true",
    "large number": "1e308",
    "beyond float": "1e999",
    "negative": "-17",
    "400 digits": "9" * 400,
    "5,000 digits": "9" * 5_000,
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "half a letter": r'"\udc00"',
    "odd text": r'"\u0000\u202e../../etc/passwd"',
}
# Pairs that are right or are read as something right: an empty stack, 1.0, a rude but honest description.
FITTING = {("loras", "array"), ("realism", "true"), *((name, "odd text") for name in TEXTS)}


@dataclass(frozen=True)
class Hostile:
    """One request over HTTP, and the statuses that are right for it."""

    name: str
    content: Callable[[], bytes | Iterator[bytes]] = lambda: b""
    method: str = "POST"
    path: str = GENERATE
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    expected: frozenset[int] = REFUSED


@dataclass(frozen=True)
class Raw:
    """Bytes for a bare socket, which is closed at once afterwards or once something was answered."""

    name: str
    data: bytes
    reads: bool = True  # whether the client waits for an answer before it leaves
    expected: frozenset[int] = REFUSED


def hostile_requests() -> Iterator[Hostile]:
    """All requests that an HTTP client can send."""
    yield from _wrong_members()
    yield from _broken_json()
    yield from _shapes()
    yield from _queries()
    yield from _paths()
    yield from _headers()


def _body(text: str | bytes, name: str, expected: frozenset[int] = REFUSED) -> Hostile:
    data = text.encode() if isinstance(text, str) else text
    return Hostile(name, lambda: data, expected=expected)


def _wrong_members() -> Iterator[Hostile]:
    for member in (*TEXTS, *NAMES, *NUMBERS, "realism", "loras"):
        for kind, value in ODD_VALUES.items():
            rest = "" if member == "prompt" else '"prompt": "a knight", '
            expected = TAKEN if (member, kind) in FITTING else REFUSED
            if member in NUMBERS and kind == "true":
                expected = REFUSED | TAKEN  # true counts as 1
            yield _body(f'{{{rest}"{member}": {value}}}', f"{member}: {kind}", expected)
    for member in ("prompt", *NUMBERS):
        yield _body(f'{{"prompt": "a", "{member}": ""}}', f"{member}: empty")


def _broken_json() -> Iterator[Hostile]:
    good = '{"prompt": "a knight"}'
    broken: dict[str, str | bytes] = {
        "nothing": "",
        "white space": " \n\t ",
        "null": "null",
        "true": "true",
        "number": "12",
        "text": '"a knight"',
        "array": "[]",
        "array of bodies": f"[{good}]",
        "cut": good[:-1],
        "cut in a text": '{"prompt": "a kni',
        "cut in an escape": '{"prompt": "\\u12',
        "two bodies": good + good,
        "trailing comma": '{"prompt": "a",}',
        "single quotes": "{'prompt': 'a'}",
        "comment": '{"prompt": "a" /* a knight */}',
        "bare member": "{prompt: 1}",
        "control character": '{"prompt": "a\nb"}',
        "bad escape": '{"prompt": "\\x41"}',
        "leading zero": '{"prompt": "a", "seed": 007}',
        "hex": '{"prompt": "a", "seed": 0x10}',
        "NUL": good + "\0",
        "NUL first": "\0" + good,
        "not UTF-8": b'{"prompt": "\xff\xfe\xfd"}',
        "overlong": b'{"prompt": "\xc0\xaf"}',
        "half of UTF-16": b'\xff\xfe{\x00"',
        "latin-1": '{"prompt": "Ritter über Brücke"}'.encode("latin-1"),
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        "zip": b"PK\x03\x04" + bytes(500),
        "gzip": b"\x1f\x8b\x08" + bytes(500),
        "form": "prompt=a+knight&realism=false",
        "XML": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "YAML": "prompt: !!python/object/apply:os.system ['true']",
        "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins",
        "JSON lines": f"{good}\n{good}",
        "noise": bytes(range(256)) * 400,
    }
    for name, text in broken.items():
        yield _body(text, f"JSON: {name}")
    for depth in (500, 5_000, 50_000, 99_000):
        yield _body("[" * depth, f"{depth} arrays, open")
        yield _body("[" * depth + "]" * depth, f"{depth} arrays")
        yield _body('{"prompt":' * depth + "1" + "}" * depth, f"{depth} objects")
    for depth in (20, 5_000, 99_000):
        nested = "[" * depth + "]" * depth
        expected = TAKEN if depth == 20 else REFUSED
        yield _body(f'{{"prompt": "a", "unknown": {nested}}}', f"{depth} arrays beside the prompt", expected)
        yield _body(f'{{"prompt": "a", "loras": {nested}}}', f"{depth} arrays as loras")


def _shapes() -> Iterator[Hostile]:
    yield _body('{"prompt": "a", "prompt": 7}', "same member twice, wrong at last")
    yield _body('{"prompt": 7, "prompt": "a knight"}', "same member twice, right at last", TAKEN)
    yield _body('{"Prompt": "a knight"}', "another case")
    yield _body('{"": "a", "__proto__": {"prompt": "a"}, "constructor": 1}', "odd members")
    many = {f"member{n}": n for n in range(20_000)}
    yield _body(json.dumps({"prompt": "a", **many}), "20,000 members", TAKEN)
    for size in (20_001, MB, 30 * MB):
        yield Hostile(f"prompt of {size}", lambda size=size: b'{"prompt": "' + b"a" * size + b'"}')
    yield Hostile("30 MB of commas", lambda: b'{"prompt": "a", "x": [' + b"0," * (15 * MB) + b"0]}")
    yield Hostile("30 MB of brackets", lambda: b'{"prompt": "a", "x": [' + b"[]," * (10 * MB) + b"0]}")
    yield Hostile("30 MB of escapes", lambda: b'{"prompt": "' + rb"\u0041" * (5 * MB) + b'"}')
    yield Hostile("30 MB of white space", lambda: b" " * (30 * MB) + b'{"realism": true}')
    yield Hostile(
        "30 MB that are no picture", lambda: b'{"prompt": "a", "pose_image": "' + b"A" * (30 * MB) + b'"}'
    )
    yield Hostile("chunks over the limit", lambda: (b"a" * MB for _ in range(150)))
    yield Hostile("chunks of one byte", lambda: iter([b"{", *[b" "] * 2_000, b"}"]))
    loras = [{"name": "x" * 300, "strength": 1} for _ in range(17)]
    yield _body(json.dumps({"prompt": "a", "loras": loras}), "17 loras")
    yield _body(r'{"prompt": "a", "loras": [{"name": "a", "\ud800": 1}]}', "lora with half a letter")
    yield _body('{"prompt": "a", "loras": [{"name": "../../a", "strength": 1e9}]}', "strong lora")
    bomb = "data:image/png;base64," + "iVBORw0KGgo" * 1000
    yield _body(json.dumps({"prompt": "a", "pose_image": bomb}), "half a picture")
    svg = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
    yield _body(json.dumps({"prompt": "a", "reference_image": svg}), "a drawing in SVG")
    address = "http://169.254.169.254/latest/meta-data"
    yield _body(json.dumps({"prompt": "a", "pose_image": address}), "an address for a picture")
    right_to_left = "\u202e\u2066a knight\ufeff\u200b" * 50
    for name, prompt in {
        "zalgo": "k" + "\u0301" * 5_000,
        "right to left": right_to_left,
        "template": "{{7*7}} ${jndi:ldap://a} %s %n {0.__class__} {prompt}",
        "SQL": "'; DROP TABLE jobs; --",
        "HTML": "<script>alert(1)</script>",
        "line ends": "a\r\nX: b\r\n\r\n",
        "NUL": "a\0knight",
        "astral": "\U0001f9d9\u200d\u2640\ufe0f" * 100,
        "quotes": '"' * 1_000 + "\\" * 1_000,
        "embedding": "(embedding:../../etc/passwd:1.5) <lora:../x:9>",
        "brackets": "(" * 2_000 + "a" + ")" * 2_000,
    }.items():
        yield _body(json.dumps({"prompt": prompt, "width": 64, "height": 64}), f"prompt: {name}", TAKEN)


def _queries() -> Iterator[Hostile]:
    def asked(query: str, expected: frozenset[int] = REFUSED) -> Hostile:
        path = f"/avatarforge-controller/generations?{query}"
        return Hostile(f"list: {query[:40]}", method="GET", path=path, headers={}, expected=expected)

    for name in ("limit", "offset"):
        for value in (
            "-1",
            "-" + "9" * 30,
            "9" * 30,
            "9" * 5_000,
            "1e3",
            "NaN",
            "0x10",
            "",
            "%00",
            "1,2",
            "null",
        ):
            yield asked(f"{name}={value}")
    for value in ("done", "", "%00", "completed%00", "completed'--", "completed,failed"):
        yield asked(f"status={value}")
    yield asked("limit=1&limit=x")
    for value in (
        "%00",
        "%22",
        "*",
        "a*%22%20OR%20b",
        "NEAR(a%20b)",
        "%FF%FE",
        "-",
        "prompt:a",
        "%F0%9F%98%80",
        "(" * 99,
    ):
        yield asked(f"search={value}", TAKEN)
    yield asked("search=" + "a" * 501)
    yield asked("limit=1&" + "&".join(f"p{n}=1" for n in range(2_000)), TAKEN | REFUSED)
    for value in ("", "top", "front%00", "FRONT", "front&pose=up", "%FF", "[]", "9" * 2_000):
        yield Hostile(
            f"pose: {value[:20]}",
            lambda: b'{"prompt": "a knight"}',
            path=f"/avatarforge-controller/generate_pose?pose={value}",
        )
    for value in ("maybe", "2", "", "%00", "null"):
        path = f"/avatarforge-controller/files/x?force={value}"
        yield Hostile(f"force: {value}", method="DELETE", path=path, headers={})


def _paths() -> Iterator[Hostile]:
    odd = (
        "..%2f..%2favatarforge.db",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cwin.ini",
        "%00",
        "%0a",
        "~",
        "C:%5c",
    )
    odd += (
        "con",
        "x" * 4_000,
        "%ed%a0%80",
        "a%2500",
        "%2e",
        "%20",
        "'--",
        "%7b%7b7*7%7d%7d",
        "engine",
        "temp",
    )
    for root in ("/avatarforge-controller", ""):
        for name in odd:
            for place in (
                f"files/{name}",
                f"generations/{name}",
                f"outputs/{name}/a.png",
                f"outputs/a/{name}",
            ):
                yield Hostile(f"{root}/{place[:40]}", method="GET", path=f"{root}/{place}", headers={})
    for name in odd:
        yield Hostile(f"delete {name[:40]}", method="DELETE", path=f"/files/{name}?force=true", headers={})
        body = json.dumps({"prompt": "a", "pose_file_id": name}).encode()
        yield Hostile(f"pose file {name[:40]}", lambda body=body: body, expected=frozenset({404}))
    for path in ("/docs-assets/..%2f..%2fapp.py", "/docs-assets/%2e%2e/core.py", "/docs-assets/a%00"):
        yield Hostile(path, method="GET", path=path, headers={})


def _headers() -> Iterator[Hostile]:
    kinds = "text/plain application/xml multipart/form-data image/png application/x-www-form-urlencoded"
    for kind in (*kinds.split(), "multipart/form-data; boundary=", "*/*", "json", "application/", ";"):
        yield Hostile(f"type {kind}", lambda: b'{"prompt": "a knight"}', headers={"Content-Type": kind})
    yield Hostile("no type", lambda: b'{"prompt": "a knight"}', headers={})
    for name, headers in {
        "encoding": {"Content-Encoding": "gzip"},
        "long": {"X-Long": "x" * 20_000},
        "many": {f"X-{n}": "y" for n in range(90)},
        "key": {"Idempotency-Key": "k" * 3_000},
        "forwarded": {"X-Forwarded-Prefix": "//evil.example", "X-Forwarded-Host": "evil.example"},
        "range": {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(500))},
        "date": {"If-Modified-Since": "yesterday", "If-Range": "never"},
    }.items():
        yield Hostile(f"header {name}", lambda: b"{}", headers={"Content-Type": JSON, **headers})
    for value in ("bytes=9-1", "bytes=-", "lines=1-2", "bytes=" + "0-," * 3_000, "bytes=0-" + "9" * 500):
        path = "/avatarforge-controller/files/unknown"
        yield Hostile(f"range {value[:20]}", method="GET", path=path, headers={"Range": value})


def raw_requests() -> Iterator[Raw]:
    """What no HTTP client sends, byte by byte; the server may answer 400 or just close."""
    body = b'{"prompt": "a knight"}'
    line = b"POST " + GENERATE.encode() + b" HTTP/1.1\r\nHost: x\r\n"
    typed = line + b"Content-Type: application/json\r\n"
    yield Raw("noise", bytes(range(256)) * 20)
    yield Raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200))
    yield Raw("HTTP/9", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", expected=frozenset({505}))
    yield Raw("no version", b"GET /health\r\n\r\n", expected=REFUSED | TAKEN)
    yield Raw("odd method", b"\xff\xfe /health HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("no host", b"GET /health HTTP/1.1\r\n\r\n", expected=REFUSED | TAKEN)
    yield Raw("spaces in the path", b"GET /a b c HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("bytes in the path", b"GET /files/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("climbing path", b"GET /files/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("path of another server", b"GET http://evil.example/files/x HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("long path", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    yield Raw("long header", line + b"X: " + b"a" * 200_000 + b"\r\n\r\n")
    yield Raw("header without end", line + b"X: " + b"a" * 100_000, reads=False)
    yield Raw("5,000 headers", line + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n")
    yield Raw("NUL in a header", line + b"X: a\0b\r\n\r\n")
    yield Raw("header without a colon", line + b"nothing\r\n\r\n")
    yield Raw("negative length", typed + b"Content-Length: -1\r\n\r\n" + body)
    yield Raw("length in words", typed + b"Content-Length: many\r\n\r\n" + body)
    yield Raw("two lengths", typed + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\n" + body)
    yield Raw("endless length", typed + b"Content-Length: " + b"9" * 19 + b"\r\n\r\n", reads=False)
    yield Raw(
        "length and chunks", typed + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    yield Raw("unknown transfer", typed + b"Transfer-Encoding: rot13\r\n\r\n" + body)
    yield Raw("chunk of no size", typed + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body)
    yield Raw("chunk of huge size", typed + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n")
    for sent in (0, 1, len(body) - 1):
        head = typed + b"Content-Length: %d\r\n\r\n" % len(body)
        yield Raw(f"leaves after {sent} bytes", head + body[:sent], reads=False)
    yield Raw(
        "leaves in a chunk", typed + b"Transfer-Encoding: chunked\r\n\r\n16\r\n" + body[:9], reads=False
    )
    upload = (
        b"POST /upload/pose_image HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    )
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../a\0.png"\r\n\r\n'
    for sent in (0, 30, len(part), len(part) + 5_000):
        data = upload + b"Content-Length: 900000\r\n\r\n" + (part + bytes(9_000))[:sent]
        yield Raw(f"leaves an upload after {sent} bytes", data, reads=False)
