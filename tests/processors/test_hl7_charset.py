"""No byte is lost on the way to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import Warn
from processors.hl7.charset import TABLE_0211, decode
from processors.hl7.message import parse


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_utf8_comes_back(text: str) -> None:
    assert decode(text.encode(), "UNICODE UTF-8", "") == (text, "utf-8", [])


@given(st.binary(max_size=50), st.sampled_from(sorted(TABLE_0211)))
def test_any_bytes_under_any_declared_charset_give_text(data: bytes, declared: str) -> None:
    text, codec, warnings = decode(data, declared, "")
    assert isinstance(text, str)
    assert warnings or codec == TABLE_0211[declared] or b"\x1b" in data


@pytest.mark.parametrize("codec", sorted(set(TABLE_0211.values())))
def test_the_usual_delimiters_are_themselves_in_every_charset(codec: str) -> None:
    assert b"MSH|^~\\&|A\r".decode(codec) == "MSH|^~\\&|A\r"


@given(st.binary(max_size=50))
def test_latin1_as_declared_comes_back_byte_for_byte(data: bytes) -> None:
    text, codec, _ = decode(data, "8859/1", "")
    assert text.encode(codec) == data


def test_latin1_that_was_not_declared_is_read_and_said() -> None:
    text, codec, warnings = decode("Müller".encode("latin-1"), "", "")
    assert (text, codec, [w.code for w in warnings]) == ("Müller", "cp1252", [Warn.CHARSET_FALLBACK])


def test_the_sites_override_wins_over_the_message() -> None:
    assert decode("Łódź".encode("iso8859-2"), "UNICODE UTF-8", "8859/2")[0] == "Łódź"


def test_an_unknown_charset_is_named_in_the_warning() -> None:
    _, codec, warnings = decode(b"abc", "KLINGON", "")
    assert codec == "utf-8"
    assert "KLINGON" in warnings[0].text


def test_bytes_that_no_codec_assigns_are_kept_as_control_characters() -> None:
    assert decode(b"a\x81\xfc", "", "")[0] == "a\x81ü"


def message(declared: str, name: str, codec: str) -> bytes:
    return f"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1||||||{declared}\rPID|1||7||{name}^x\r".encode(codec)


@pytest.mark.parametrize(
    ("declared", "name", "codec"),
    [
        ("ASCII", "Mueller", "ascii"),
        ("8859/1", "Müller", "iso8859-1"),
        ("8859/2", "Łódź", "iso8859-2"),
        ("8859/5", "Мир", "iso8859-5"),
        ("8859/7", "Ελλάς", "iso8859-7"),
        ("8859/15", "5 €", "iso8859-15"),
        ("UNICODE UTF-8", "日本", "utf-8"),
        ("UNICODE UTF-16", "日本", "utf-16"),
        ("UNICODE UTF-16", "日本", "utf-16-be"),
        ("UNICODE UTF-32", "日本", "utf-32"),
        ("", "日本", "utf-16-le"),
        ("GB 18030-2000", "中国𠀀", "gb18030"),
        ("KS X 1001", "한국", "euc_kr"),
        ("KS X 1001", "한국", "iso2022_kr"),
        ("BIG-5", "台灣功", "big5"),
        ("ISO IR14", "ﾔﾏﾀﾞ", "shift_jis"),
        ("ISO IR87", "山田", "iso2022_jp"),
        ("~ISO IR87", "山田", "iso2022_jp"),
        ("ISO IR14~ISO IR87~ISO IR159", "山田丂", "iso2022_jp_1"),
        ("8859/1~ISO IR87", "山田", "iso2022_jp"),
        ("ISO-8859-1", "Müller", "iso8859-1"),
        ("WINDOWS-1251", "Мир", "cp1251"),
    ],
)
def test_names_come_out_in_every_charset_of_table_0211(declared: str, name: str, codec: str) -> None:
    found = parse(message(declared, name, codec))
    assert found.segments[1].text(5) == name
    assert found.segments[1].text(5, 2) == "x"
    assert found.warnings == []


@pytest.mark.parametrize(
    ("declared", "name", "codec"),
    [
        ("ISO IR87", "山田", "euc_jp"),
        ("ISO IR14", "山田", "iso2022_jp"),
        ("UNICODE UTF-16", "Müller", "utf-8"),
        ("ASCII", "Müller", "cp1252"),
        ("8859/1~8859/2", "Müller", "iso8859-1"),
        ("CNS 11643-1992", "台灣", "big5"),
    ],
)
def test_a_charset_that_is_not_what_was_said_is_read_all_the_same(declared: str, name: str, codec: str) -> None:
    assert parse(message(declared, name, codec)).segments[1].text(5) == name


@given(st.binary(max_size=40), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le"]))
def test_broken_wide_characters_are_kept_as_text_and_said(damage: bytes, codec: str) -> None:
    data = message("", "x", codec)
    found = parse(data + damage + b"\xd8")
    assert found.segments[1].text(5) == "x"
    assert [w.code for w in found.warnings][:1] == [Warn.CHARSET_FALLBACK] or len(found.segments) >= 2
