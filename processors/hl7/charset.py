"""Bytes to text by MSH-18 (HL7 table 0211), with a fallback that never loses a byte."""

from processors.errors import Warn, Warning

#: HL7 table 0211 -> Python codec.
TABLE_0211 = {
    "": "utf-8",
    "ASCII": "ascii",
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
    "ISO IR87": "iso2022_jp",
    "ISO IR14": "shift_jis",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "big5",
    "WINDOWS-1252": "cp1252",
}


def decode(data: bytes, declared: str, override: str) -> tuple[str, str, list[Warning]]:
    """Text, the codec used and warnings.

    Order: the site's override, MSH-18, and when that does not fit: UTF-8, else Windows-1252 with the five unassigned
    bytes taken as Latin-1 control characters. `text.encode(codec)` gives the bytes back for UTF-8 and ISO 8859.
    """
    name = override or declared.upper()
    codec = TABLE_0211.get(name.upper())
    warnings: list[Warning] = []
    if codec is None:
        text = f"unknown character set; {_plain(name)} is not in table 0211: set `charset` for this site"
        warnings.append(Warning(Warn.CHARSET_FALLBACK, "MSH-18", text))
        codec = "utf-8"
    try:
        return data.decode(codec), codec, warnings
    except UnicodeDecodeError:
        if not warnings:
            text = f"bytes are not {codec}: read with a fallback; set MSH-18 or `charset` for this site"
            warnings.append(Warning(Warn.CHARSET_FALLBACK, "MSH-18", text))
    try:
        return data.decode("utf-8"), "utf-8", warnings
    except UnicodeDecodeError:
        return _windows(data), "cp1252", warnings


def _windows(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([b]).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in data)


def _plain(name: str) -> str:
    return "".join(c for c in name[:20] if c.isalnum() or c in " /-.") or "(blank)"
