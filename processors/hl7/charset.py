"""Bytes to text by MSH-18 (HL7 table 0211), with a fallback that never loses a byte."""

from collections.abc import Iterator
from typing import TypeAlias

from processors.errors import Warn, Warning

#: Codec, and what stands before and after the bytes in it; an empty codec is the message's own.
Designation: TypeAlias = tuple[str, bytes, bytes]

#: HL7 table 0211, and what senders write in its place -> Python codec. ISO IR87 and IR159 come by ISO 2022 escapes.
TABLE_0211 = {
    "": "utf-8",
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO IR14": "shift_jis",
    "ISO IR13": "shift_jis",
    "ISO IR87": "iso2022_jp_ext",
    "ISO IR159": "iso2022_jp_ext",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "CNS 11643-1992": "big5",
    **{f"ISO-8859-{n}": f"iso8859-{n}" for n in (*range(1, 10), 15)},
    **{f"WINDOWS-{n}": f"cp{n}" for n in range(1250, 1259)},
}
#: Read as Big5, which holds the same signs in other places: right only where the sender means Big5.
_NOT_IN_PYTHON = ("CNS 11643-1992",)
#: Codes of 16 and 32 bits: their bytes say so themselves (`wide_codec`), MSH-18 cannot be read before.
_WIDE = ("UNICODE UTF-16", "UNICODE UTF-32", "UTF-16", "UTF-32")
_WIDE_CODECS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WIDE_STARTS = tuple(
    (start.encode(codec), codec) for codec in _WIDE_CODECS for start in ("\ufeff", "MSH", "FHS", "BHS")
)
_ESCAPE = b"\x1b"
#: Codec of MSH-18 -> those that read its bytes with ISO 2022 escapes (ESC ...), tried in this order.
_JAPANESE = ("iso2022_jp_ext", "iso2022_jp_2")
_ISO_2022 = {"euc_kr": ("iso2022_kr",), "iso2022_jp_ext": _JAPANESE, "shift_jis": _JAPANESE}
#: A declared codec that does not fit -> what the same characters are often sent in.
_RELATED = {
    "iso2022_jp_ext": ("euc_jp", "shift_jis"),
    "shift_jis": ("iso2022_jp_ext", "euc_jp"),
    "big5": ("big5hkscs",),
}
#: ISO 2022 designations in hexadecimal, as `\C..\` and `\M..\` carry them (chapter 2.7.2).
DESIGNATIONS: dict[str, Designation] = {
    "2842": ("", b"", b""),
    "284A": ("", b"", b""),
    "2949": ("shift_jis", b"", b""),
    **{
        final: (f"iso8859-{n}", b"", b"")
        for final, n in zip(
            ("2D41", "2D42", "2D43", "2D44", "2D4C", "2D47", "2D46", "2D48", "2D4D", "2D62"),
            (1, 2, 3, 4, 5, 6, 7, 8, 9, 15),
            strict=True,
        )
    },
    "2440": ("iso2022_jp_ext", b"\x1b$@", b"\x1b(B"),
    "2442": ("iso2022_jp_ext", b"\x1b$B", b"\x1b(B"),
    "242844": ("iso2022_jp_ext", b"\x1b$(D", b"\x1b(B"),
    "242943": ("euc_kr", b"", b""),
    "242941": ("gb2312", b"", b""),
}


def wide_codec(data: bytes) -> str:
    """The codec of a message in UTF-16 or UTF-32, known by its mark or by how MSH is spelt; "" for all others."""
    return next((codec for start, codec in _WIDE_STARTS if data.startswith(start)), "")


def decode_wide(data: bytes, codec: str) -> tuple[str, list[Warning]]:
    """Text of a message in UTF-16 or UTF-32 without its mark; bytes that are no character come as `\\xNN`."""
    try:
        return data.decode(codec).removeprefix("\ufeff"), []
    except UnicodeDecodeError:
        return data.decode(codec, "backslashreplace").removeprefix("\ufeff"), [_misfit(codec)]


def decode(data: bytes, declared: str, override: str, others: tuple[str, ...] = ()) -> tuple[str, str, list[Warning]]:
    """Text, the codec used and warnings. `declared` and `others`: the repetitions of MSH-18.

    Order: the site's override, MSH-18, and when that does not fit: UTF-8, what is often meant by the name, else
    Windows-1252 with the five unassigned bytes taken as Latin-1 control characters. So each byte becomes a character;
    `text.encode(codec)` gives the bytes back for UTF-8 and ISO 8859.
    """
    name = (override or declared).upper()
    others = () if override else others
    codec = TABLE_0211.get(name)
    if codec == "utf-8" and not others:
        try:
            return data.decode(), codec, []
        except UnicodeDecodeError:
            return *_fallback(data, codec), [_misfit(codec)]
    warnings = _unknown(name, codec)
    for one in _candidates(data, codec or "utf-8", others):
        try:
            return data.decode(one), one, warnings
        except UnicodeDecodeError:
            continue
    return *_fallback(data, codec or ""), warnings or [_misfit(codec or "utf-8")]


def redecoded(text: str, codec: str, target: Designation) -> str | None:
    """Text that was read by one codec, read by another; None when its bytes cannot be had or do not fit."""
    name, before, after = target
    if not name:
        return text
    if codec == "utf-8" and not text.isascii():
        return None
    try:
        return (before + text.encode(codec) + after).decode(name)
    except UnicodeError:
        return None


def _unknown(name: str, codec: str | None) -> list[Warning]:
    if name in _WIDE:
        what = "the bytes are not UTF-16 or UTF-32, although MSH-18 says so: read as UTF-8; correct MSH-18"
    elif name in _NOT_IN_PYTHON:
        what = "CNS 11643 cannot be read: taken as Big5; let the sender use BIG-5 or UNICODE UTF-8"
    elif codec is None:
        what = f"unknown character set; {_plain(name)} is not in table 0211: set `charset` for this site"
    else:
        return []
    return [Warning(Warn.CHARSET_FALLBACK, "MSH-18", what)]


def _candidates(data: bytes, codec: str, others: tuple[str, ...]) -> Iterator[str]:
    """Codecs that honour MSH-18: with ISO 2022 escapes in the bytes those that read them, else as it says."""
    known = [TABLE_0211.get(one.upper(), "") for one in others]
    if _ESCAPE in data:
        for one in (codec, *known):
            yield from _ISO_2022.get(one, ())
    yield codec
    yield from (one for one in known if one)


def _fallback(data: bytes, codec: str) -> tuple[str, str]:
    """Text and codec where MSH-18 does not fit."""
    for one in ("utf-8", *_RELATED.get(codec, ())):
        try:
            return data.decode(one), one
        except UnicodeDecodeError:
            continue
    return _windows(data), "cp1252"


def _misfit(codec: str) -> Warning:
    text = f"bytes are not {codec}: read with a fallback; set MSH-18 or `charset` for this site"
    return Warning(Warn.CHARSET_FALLBACK, "MSH-18", text)


def _windows(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([b]).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in data)


def _plain(name: str) -> str:
    return "".join(c for c in name[:20] if c.isalnum() or c in " /-.") or "(blank)"
