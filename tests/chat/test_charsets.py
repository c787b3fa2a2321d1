"""Text in any encoding is read as what it says, and what is no text is told from it."""

from __future__ import annotations

import gzip
import os
import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.chat.charsets import text_of

_CHINESE = "春天的诗：雪融化了，田野变绿了。你好，世界！这是一个测试文件。"
_JAPANESE = "春の詩：雪がとけて、野原が緑になります。こんにちは、世界！カタカナも。"
_RUSSIAN = "Стихотворение о весне: снег растаял, и поле зеленеет. Привет, мир!"
_GERMAN = "Die Größe des Gebäudes – “schön” – ist für die Prüfung maßgeblich: 5 € je m²."
_FRENCH = "Où est l’élève ? Ça a déjà été réglé à l’hôtel, près du marché."
_TURKISH = "Iğdır’da güneşli bir gün, bahar şiiri: kar eridi, çok şükür."

OLD = [
    ("cp1252", _GERMAN),
    ("cp1252", _FRENCH),
    ("cp1252", "El niño comió piña. ¿Qué? ¡Sí! Mañana será otro día."),
    ("cp1252", "Ação, não há coração. Você está só."),
    ("cp1252", "Blåbærgrød på øen, æbler og år."),
    ("cp1252", "Það er gott að búa á Íslandi og þjóðin er hress."),
    ("cp1252", "x = 1  # größer\n"),
    ("latin-1", "caf\u00e9"),
    ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
    ("cp1250", "Łódź jest piękna, źdźbło trawy, ćma, zażółć gęślą jaźń."),
    ("cp1250", "Árvíztűrő tükörfúrógép."),
    ("cp1254", _TURKISH),
    ("cp1257", "Eilėraštis apie pavasarį: sniegas ištirpo, laukas žaliuoja. Ačiū!"),
    ("cp850", "Die Größe des Gebäudes ist für die Prüfung maßgeblich."),
    ("mac_roman", _FRENCH),
    ("cp1251", _RUSSIAN),
    ("cp1251", "# Комментарий о коде\nprint(1)\n"),
    ("koi8_r", _RUSSIAN),
    ("cp866", _RUSSIAN),
    ("cp1253", "Ποίημα για την άνοιξη: το χιόνι έλιωσε. Γειά σου Κόσμε!"),
    ("cp1255", "שיר על האביב: השלג נמס והשדה מוריק. שלום עולם!"),
    ("cp1256", "قصيدة عن الربيع: ذاب الثلج واخضر الحقل. مرحبا بالعالم!"),
    ("cp874", "บทกวีเกี่ยวกับฤดูใบไม้ผลิ หิมะละลาย ทุ่งนาเขียวขจี"),
    ("shift_jis", _JAPANESE),
    ("shift_jis", "テストの結果\n# コメント\nprint(1)\n"),
    ("euc_jp", _JAPANESE),
    ("iso2022_jp", _JAPANESE),
    ("gb18030", _CHINESE),
    ("gb18030", "# 这个函数计算总和\ndef total(x):\n    return sum(x)  # 返回结果\n"),
    ("big5", "春天的詩：雪融化了，田野變綠了。你好，世界！這是一個測試檔案。"),
    ("euc_kr", "봄에 관한 시: 눈이 녹고 들판이 푸르러집니다. 안녕하세요, 세계!"),
]


@pytest.mark.parametrize(("encoding", "text"), OLD)
@pytest.mark.parametrize("before", ["", "plain ASCII, line by line\n" * 4000])
def test_a_text_in_an_old_encoding_is_read(encoding: str, text: str, before: str) -> None:
    assert text_of((before + text).encode(encoding)) == before + text


@pytest.mark.parametrize("text", [_GERMAN, _RUSSIAN, _CHINESE, _JAPANESE])
def test_a_long_line_in_an_old_encoding_is_read_whole(text: str) -> None:
    encoding = {_GERMAN: "cp1252", _RUSSIAN: "cp1251", _CHINESE: "gb18030"}.get(text, "cp932")
    long = text.replace("\n", " ") * (200_000 // len(text))

    assert text_of(long.encode(encoding)) == long


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [_GERMAN, _RUSSIAN, f"{_CHINESE}\nend\n", "hello\r\nworld"])
def test_utf_16_and_32_are_read_without_their_mark(encoding: str, text: str) -> None:
    assert text_of(text.encode(encoding)) == text.replace("\r\n", "\n")


_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n"), min_size=1
).filter(lambda text: not text.startswith("\ufeff") and "\ufffe" not in text)
_MARKED = {
    "utf-8": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\x00\x00",
    "utf-32-be": b"\x00\x00\xfe\xff",
    "gb18030": b"\x84\x31\x95\x33",
}


@given(text=_TEXTS, encoding=st.sampled_from(sorted(_MARKED)))
def test_what_is_marked_is_read_as_it_says_or_refused(text: str, encoding: str) -> None:
    read = text_of(_MARKED[encoding] + text.encode(encoding))

    assert read in {text, None}
    assert read == text or "\uffff" in text


@given(text=_TEXTS)
def test_utf_8_is_read_as_it_is(text: str) -> None:
    assert text_of(text.encode()) == text


@given(content=st.binary(max_size=300))
def test_any_bytes_are_text_without_nul_or_none(content: bytes) -> None:
    text = text_of(content)

    assert text is None or "\0" not in text
    assert text is None or "\r" not in text


@given(text=_TEXTS, encoding=st.sampled_from([*dict(OLD), "utf-16-le", "utf-32-be"]))
def test_no_encoding_makes_it_fail(text: str, encoding: str) -> None:
    text_of(text.encode(encoding, errors="ignore"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        (b"old\r\n\x1a", "old\n"),
        (b"\x1b[31mred\x1b[0m log\n", "\x1b[31mred\x1b[0m log\n"),
        (b"page\x0cpage", "page\x0cpage"),
        (b"record\x1e" + b"x" * 200, "record\x1e" + "x" * 200),
        (b"", ""),
    ],
)
def test_what_texts_have_besides_letters(content: bytes, text: str) -> None:
    assert text_of(content) == text


def test_utf_8_that_was_cut_is_read_and_its_damage_shown() -> None:
    cut = ("Größe. " * 20).encode()[:-9] + b"\xc3"

    text = text_of(cut)

    assert text is not None
    assert text.startswith("Größe. Größe.")
    assert text.endswith("\ufffd")


def _zip() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "some text that is stored as it is")
    return file.getvalue()


def _png() -> bytes:
    size = struct.pack(">II5B", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + zlib.compress(b"\0\0\0\0")


@pytest.mark.parametrize(
    "content",
    [
        _png(),
        _zip(),
        gzip.compress(b"text " * 99, mtime=0),
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"\x7fELF\x02\x01\x01" + bytes(9),
        b"SQLite format 3\x00" + bytes(80),
        b"text, and then\x00a NUL",
        bytes(1000),
        bytes(range(1, 32)) * 3,
        struct.pack("<200h", *range(-100, 100)),
        os.urandom(4000),
        b"\xff\xfe\x00\xd8",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf\xff\xff",
    ],
)
def test_what_is_no_text_is_told(content: bytes) -> None:
    assert text_of(content) is None
