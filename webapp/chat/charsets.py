"""The text in bytes of unknown encoding, or the certainty that there is none.

Unicode is never guessed wrong: a byte order mark is obeyed or the bytes are refused, and
what is valid UTF-8 by accident alone does not occur in practice. Older encodings are told
apart by what they would say. Between those of other scripts charset-normalizer decides;
between those of the Latin script it cannot (Turkish reads as plausible Hungarian), so
their letters are counted here.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from unicodedata import category

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# Of the formats that hold text none begins so, and in their first bytes little else tells.
_MAGIC = (b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"BZh91AY&SY")
# Line ends, tabs, form feeds, and the escapes and overstrikes that logs and manuals have.
_CONTROL = re.compile(r"[\0-\x07\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_CONTROL_BYTE = re.compile(rb"[\0-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_END = b"\x1a"
"""What ended a text in the days of CP/M, and in some programs since."""
_SOME_CONTROLS = 0.01
"""Valid UTF-8 with fewer is text: separators of records, a stray key in a log."""
_SOME_DAMAGE = 0.1
"""Broken sequences beside whole ones: UTF-8 that was cut or patched, not another encoding."""

_SAMPLE = 64 * 1024
# Lines of ASCII alone say nothing, and drown those that do.
_TELLING_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")
_ALPHABETS = ("cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874")
_OTHER_SCRIPTS = ("cp932", "euc_jp", "gb18030", "big5", "cp949", *_ALPHABETS)
_UTF16_OF_ASCII = 0.4
"""The least share of NULs in UTF-16 whose other bytes are ASCII: every second, or nearly."""
_NO_TEXT = {"Cn", "Co"}

# The letters that languages have beside ASCII. Of languages that fit a text equally well
# the first one is believed; all Western ones together catch names of many countries.
_WESTERN = (
    "äöüß",
    "äöåéæø",
    "àâçéèêëîïôùûüÿœæ",
    "áéíóúñü",
    "àáâãçéêíóôõúü",
    "àèéìòù",
    "áðéíóúýþæö",
)
_CENTRAL = ("ąćęłńóśźż", "áäčďéěíĺľňóôŕřšťúůýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")
_LATIN: tuple[tuple[str, str], ...] = (
    *(("cp1252", letters) for letters in _WESTERN),
    *(("cp1250", letters) for letters in _CENTRAL),
    ("cp1254", "âçğıîöşûüİ"),
    ("cp1257", "ąčęėįšųūž"),
    ("cp1257", "āčēģīķļņšūž"),
    ("cp1257", "äõöüšž"),
    ("cp1252", "".join(_WESTERN)),
    ("cp1250", "".join(_CENTRAL)),
)
# They were used on machines that are gone; nearly any bytes mean something in them.
_OLD_LATIN = tuple((name, one) for name in ("cp850", "mac_roman") for one in _WESTERN)
_SIGNS = "„“”‚‘’«»‹›–—…•·€£§°©®™¡¿ºª¹²³±×÷¼½¾µ\u00a0\u00ad"
# In a word a sign is a letter of another encoding, but for the apostrophe and the soft hyphen.
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[„“”‚‘«»‹›…•·€£§°©®™¡¿¹²³±¼½¾µ](?=[^\W\d_])")
_ASCII = re.compile(r"[\x00-\x7f]+")
_MOSTLY = 0.95
_OFTEN = 0.75


def text_of(content: bytes) -> str | None:
    """Decode a text file; None where it is none. Line ends become one line feed each."""
    text = _decoded(content)
    if text is None:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _text(content[len(mark) :], encoding)
    if content.startswith(_MAGIC):
        return None
    if b"\0" in content:
        return _unmarked_unicode(content)
    content = content.removesuffix(_END)
    text = _utf8(content)
    return _legacy(content) if text is None else text


def _unmarked_unicode(content: bytes) -> str | None:
    """Read UTF-16 or UTF-32 without a mark: the NULs stand where the high bytes do."""
    plain = content.isascii() and not _CONTROL_BYTE.search(content.replace(b"\0", b""))
    if plain and content.count(0) < len(content) * _UTF16_OF_ASCII:
        return None
    little = content[1::2].count(0) > content[0::2].count(0)
    order = "le" if little else "be"
    text = _text(content, f"utf-32-{order}") or _text(content, f"utf-16-{order}")
    # Any two bytes are a character, but of random ones many stand for none yet.
    known = text is not None and all(category(one) not in _NO_TEXT for one in text[:_SAMPLE])
    return text if known else None


def _utf8(content: bytes) -> str | None:
    text = content.decode(errors="replace")
    broken = text.count("\ufffd")
    if broken:
        broken -= content.count(b"\xef\xbf\xbd")
        foreign = len(text) - len(text.encode("ascii", "ignore"))
        if broken > _SOME_DAMAGE * (foreign - broken):
            return None
    if len(_CONTROL.findall(text)) > _SOME_CONTROLS * len(text):
        return None
    # Seven bits, with its letters behind escapes.
    return (_text(content, "iso2022_jp") if "\x1b$" in text and text.isascii() else None) or text


def _legacy(content: bytes) -> str | None:
    if _CONTROL_BYTE.search(content):
        return None
    sample = _sample(content)
    # A letter with a mark stands among letters without one, mostly alone. (Not so in
    # alphabets of their own, nor in scripts whose characters are two bytes each.)
    runs = re.findall(rb"[\x80-\xff]+", sample)
    marked = sum(map(len, runs))
    latin = sum(len(run) for run in runs if len(run) <= 2) >= _OFTEN * marked  # noqa: PLR2004
    encoding = _latin(sample, _LATIN, marked) if latin else None
    encoding = encoding or _other_script(sample, among_latin=latin)
    if encoding is None and latin:
        encoding = _latin(sample, _OLD_LATIN, marked)
    return None if encoding is None else _text(content, encoding)


def _sample(content: bytes) -> bytes:
    """Take the lines that are not ASCII, or of long ones as much as ends with a character."""
    lines = b"".join(islice((line[0] for line in _TELLING_LINE.finditer(content)), 1000))
    if len(lines) <= _SAMPLE:
        return lines
    # A space or a line feed is never a part of another character.
    end = max(lines.rfind(b"\n", 0, _SAMPLE), lines.rfind(b" ", 0, _SAMPLE)) + 1
    return lines[: end or _SAMPLE]


def _latin(sample: bytes, languages: Iterable[tuple[str, str]], marked: int) -> str | None:
    """Choose the encoding in which a language's letters are most of the `marked` ones."""
    texts = {encoding: _text(sample, encoding) or "" for encoding, _ in languages}
    foreign = {name: Counter(_ASCII.sub("", text)) for name, text in texts.items()}
    signs = {name: len(_SIGN_IN_WORD.findall(text)) for name, text in texts.items()}
    best, most = None, _MOSTLY * marked
    for encoding, letters in languages:
        usual = {*letters, *letters.upper(), *_SIGNS}
        count = sum(foreign[encoding][one] for one in usual) - signs[encoding]
        if count > most or (best is None and count >= most):
            best, most = encoding, count
    return best


def _other_script(sample: bytes, *, among_latin: bool) -> str | None:
    found = from_bytes(sample, cp_isolation=list(_OTHER_SCRIPTS), enable_fallback=False).best()
    if found is None or (among_latin and found.encoding in _ALPHABETS):
        return None  # no word is half in one alphabet and half in another
    return found.encoding


def _text(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text
