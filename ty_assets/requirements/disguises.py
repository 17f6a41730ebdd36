"""Orders in a form that people do not read and models do: ciphers, look-alike letters, letters set apart.

Belongs here: the plain forms of a disguised text. Not here: what is an order (instructions.py), and characters
without a glyph (postings/normalise.py drops them).
"""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![\w+/=-])")
_HEX = re.compile(r"\b(?:[0-9A-Fa-f]{2}[ :]?){16,2000}")
_SET_APART = re.compile(r"(?<!\w)(?:[^\W_][ ._*|-]){9,400}[^\W_](?!\w)")
_LETTER = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENOUGH_WORDS: Final = 3

# Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables).
_LOOK_ALIKES = str.maketrans(
    "авеіјкмнорсѕтухԁԛԝАВЕІЈКМНОРСЅТУХαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abeijkmhopcstyxdqwABEIJKMHOPCSTYXaeiknoptuxABEZHIKMNOPTYX",
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
# Words of orders. Where one shows up rotated or backwards, the whole text is read that way.
_TELLING = (
    "instruction",
    "anweisung",
    "ignore",
    "ignorier",
    "requirement",
    "anforderung",
    "candidate",
    "applicant",
    "bewerte",
)
_ROTATED = tuple(codecs.encode(word, "rot13") for word in _TELLING)
_BACKWARDS = tuple(word[::-1] for word in _TELLING)


def is_enciphered(text: str) -> bool:
    """Whether a part of the text is prose in base64 or hexadecimal, or an order letter by letter."""
    if any(_is_prose(decoded) for decoded in _decoded(text)):
        return True
    return any(
        sum(word in "".join(_LETTER.findall(found.lower())) for word in _TELLING) > 1
        for found in _SET_APART.findall(text)
    )


def plain_forms(text: str) -> Iterator[str]:
    """What else the text could say: with Latin letters, rotated by 13, backwards. None for a text that is plain."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text)
        if _FOREIGN.search(folded):
            folded = folded.translate(_LOOK_ALIKES)
        if folded != text:
            yield folded
    lowered = text.lower()
    if any(word in lowered for word in _ROTATED):
        yield codecs.encode(text, "rot13")
    if any(word in lowered for word in _BACKWARDS):
        yield text[::-1]


def _decoded(text: str) -> Iterator[bytes]:
    for found in _BASE64.findall(text):
        digits = found.rstrip("=")
        try:
            yield base64.urlsafe_b64decode(digits.translate(str.maketrans("+/", "-_")) + "=" * (-len(digits) % 4))
        except (binascii.Error, ValueError):
            continue
    for found in _HEX.findall(text):
        yield bytes.fromhex(re.sub(r"[ :]", "", found))


def _is_prose(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.replace("\n", " ").isprintable() and " " in text and len(_WORD.findall(text)) >= _ENOUGH_WORDS
