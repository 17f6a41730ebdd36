"""The one function that makes text comparable, with the hashes and keys that depend on it.

Belongs here: characters, white space, bullets, gender forms of titles, lookup keys, content hashes, ids.
Not here: what HTML shows (markup.py), and any judgement of what a text means.
"""

import hashlib
import re
import unicodedata
import uuid
from typing import Final

from ty_assets.postings import markup

# Fixed for ever: posting ids are made from it.
_POSTING_NAMESPACE: Final = uuid.UUID("5d3f0f0a-6f0e-5c1b-9a57-2f6c1a4e8b11")

_NEWLINES = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# Soft hyphens, zero-width and bidirectional controls, BOM, variation selectors, tag characters (an invisible
# alphabet that has been used to smuggle orders to models), other controls, lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_EDGES = re.compile(r" *\n *")
_EMPTY_LINES = re.compile(r"\n{3,}")
_BULLET = re.compile(
    r"^(?:[•‣⁃∙◦·●○◉◆◇▪▫■□▶►▸➢➤➔➜➞→⇒»›✓✔✗✘☑✅✦✧★☆⭐♦❖❯👉🔹🔸🔷🔶◾◽📌➡➕\uf0a7\uf0b7\uf0d8\uf0fc][ \n]*"
    r"|[-–—−‐‑*+](?:[ \n]+|(?=[^\W\d_]))(?!\Z))+",
    re.MULTILINE,
)
_MAX_UNWRAPPINGS = 4  # HTML that was escaped once or twice on its way is common; more often is an attack


def normalise_text(raw: str) -> str:
    """The plain text every stage reads. Idempotent, never raises.

    HTML becomes text (hidden elements left out, one line per block), characters are NFC without invisible
    ones, every white space is a space or a real newline, bullets at the start of a line are "- ", at most one
    empty line. Case and wording stay as they are.
    """
    text = _clean(raw)
    for _ in range(_MAX_UNWRAPPINGS):
        if markup.is_html(text):
            text = _clean(markup.visible_text(text))
        elif markup.has_entities(text):
            text = _clean(markup.unescape(text))
        else:
            return text
    while markup.is_html(text) or markup.has_entities(text):
        text = _clean(markup.strip_tags(text).replace("&", " "))
    return text


def _clean(text: str) -> str:
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    text = _LINE_EDGES.sub("\n", _SPACES.sub(" ", text)).strip(" \n")
    text = _BULLET.sub("- ", text).rstrip(" \n")
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    return text


# Round, square or no brackets around m/w/d in any order and language, "gn", "all genders", ...
_GENDER_WORD = r"(?:männlich|weiblich|divers|div|male|female|diverse|[mwdfxh])"
_GENDER = re.compile(
    rf"\s*[(\[{{]\s*(?:{_GENDER_WORD}\.?(?:\s*[/|,;:•·*\\+-]\s*|\s+|(?=[mwdfx]\s*[)\]}}])))+{_GENDER_WORD}\.?[*]?"
    r"\s*[)\]}]"
    r"|\s*[(\[{]\s*(?:mwd|wmd|mfd|fmd|wmx|mwx|dmw|gn\*?|a|d|x|alle?(?: +\w+){0,3}|all +\w+(?: +\w+)?"
    r"|any gender|geschlechtsneutral|gender[ -]?neutral|human|mensch)\s*[)\]}]"
    r"|(?:(?<=\s)|^)(?:[mwdfx]\s?[/|]\s?){1,2}(?:[mwdfx]|div(?:ers)?|gn)\b\.?(?![/|\w-])"
    r"|\b(?:all|any) genders?\b(?: welcome)?|\balle geschlechter\b|\bgn\b\s*$",
    re.IGNORECASE,
)
_PAIR_SAME = re.compile(r"\b(\w{3,})\s*/\s*\1in(?:nen)?\b|\b(\w{3,})in(?:nen)?\s*/\s*\2\b")
_PAIR_MANN = re.compile(r"\b(\w*)(mann|frau)\s*(?:/|\bund\b|\bbzw\.|\boder\b)\s*(?:-\s?|\1)(mann|frau)\b", re.I)
_PAIR_MANN_GLUED = re.compile(r"(mann/frau|frau/mann|mann/in|mann[:*_]in)\b")
_PAIR_UMLAUT = re.compile(
    r"\b(\w*?)(arzt|koch|anwalt|bauer|rat)\s*/\s*-?\s?(?:\1)?(?:ärztin|köchin|anwältin|bäuerin|rätin)\b", re.I
)
_SUFFIX_IN = re.compile(r"(?<=[^\W\d_])(?:[:*_·•’']-?|\s?/\s?-?\s?|\(-?)in(nen)?\)?(?![\w])", re.IGNORECASE)
_SUFFIX_CAPITAL = re.compile(r"(?<=(?:er|or|st|nt|ur|og|ge|ft|te|at|ut|är|ch|zt))In(?:nen)?\b")
_SUFFIX_R = re.compile(r"(?<=e)(?:[:*_]-?[rnm]|\s?/\s?-?\s?[rnm]|\(-?[rnm]\))(?!\w)")
_STAR = re.compile(r"(?<=[^\W\d_])\*(?=\s|$|[,/&-])")
# "Ärzt:in" leaves a stem that is no word; these are the base forms.
_STEMS = (
    ("ärzt", "arzt"), ("anwält", "anwalt"), ("köch", "koch"), ("bäuer", "bauer"), ("olog", "ologe"),
    ("agog", "agoge"), ("kolleg", "kollege"), ("expert", "experte"), ("kund", "kunde"), ("beamt", "beamte"),
    ("strateg", "stratege"),
)  # fmt: skip
_NOISE = re.compile(
    r"\bab sofort(?: oder (?:später|nach Vereinbarung))?\b"
    r"|\b(?:zum|per) nächstmöglichen (?:zeitpunkt|termin)\b"
    r"|\bper sofort(?: oder nach vereinbarung)?\b|\bgesucht\b!*|\bsuchen wir\b"
    r"|^\s*wir suchen\b:?(?: eine?n?\b)?"
    r"|^\s*(?:stellenangebot|stellenanzeige|job|jobangebot|stelle|vacancy|job opening)\s*[:–-]\s*"
    r"|\b(?:in )?(?:voll|teil)zeit(?:\s*(?:/|oder|und|or|&|,)\s*-?(?:voll|teil)?zeit)?\b"
    r"|\bvoll-\s*(?:/|oder|und)\s*teilzeit\b"
    r"|\b(?:full|part)[ -]?time\b(?:\s*(?:/|or|and)\s*(?:full|part)[ -]?time\b)?"
    r"|\b\d{2,3}\s*%?\s*(?:-|–|bis|to)\s*\d{2,3}\s*%|\b\d{2,3}\s*%"
    r"|\b(?:un)?befristete?\b(?=\s*(?:$|[|,;()–-]))"
    r"|\b(?:ref\.?|referenz|job|kennziffer|stellen)[ -]?(?:nr|id|nummer|no)?\.?:?\s*#?\d[\w/-]*",
    re.IGNORECASE,
)  # fmt: skip
_EMPTY_BRACKETS = re.compile(r"[(\[{][\s/|,.;:&–-]*[)\]}]")
_DOUBLE_SEPARATORS = re.compile(r"\s*([|,;/–-])\s*(?:[|,;/–-]\s+)+")
_EDGES = " \t|,;:/–—-*•·&+"


def normalise_title(title: str) -> str:
    """The occupation a title names, without gender forms and hiring noise; case kept. Idempotent.

    "Krankenpfleger:in (m/w/d) in Teilzeit" and "Krankenpfleger/-in" are both "Krankenpfleger". A title
    that is nothing but noise comes back as it is.
    """
    text = " ".join(normalise_text(title).split())
    for _ in range(5):
        shorter = _without_gender(text)
        shorter = _DOUBLE_SEPARATORS.sub(r" \1 ", _EMPTY_BRACKETS.sub(" ", _NOISE.sub(" ", shorter)))
        shorter = " ".join(shorter.split()).strip(_EDGES)
        if not shorter or shorter == text:
            break
        text = " ".join(normalise_text(shorter).split())
    return text


def _without_gender(text: str) -> str:
    text = _GENDER.sub(" ", text)
    if "/" in text or "mann" in text or "frau" in text:
        text = _PAIR_SAME.sub(lambda m: m[1] or m[2], text)
        text = _PAIR_UMLAUT.sub(r"\1\2", text)
        text = _PAIR_MANN.sub(r"\1mann", text)
        text = _PAIR_MANN_GLUED.sub("mann", text)
    text = _SUFFIX_IN.sub("\x00", text)
    if "\x00" in text:
        text = " ".join(_base_form(word) for word in text.split(" ")).replace("\x00", "")
    text = _SUFFIX_CAPITAL.sub("", text)
    return _STAR.sub("", _SUFFIX_R.sub("", text))


def _base_form(word: str) -> str:
    stem, mark, rest = word.partition("\x00")
    for ending, base in _STEMS if mark else ():
        if stem.lower().endswith(ending):
            head = stem[: len(stem) - len(ending)]
            return head + (base if head and not head.endswith("-") else base.capitalize()) + rest
    return word


def lookup_key(text: str) -> str:
    """The text as a dictionary key: NFKC, case folded, single spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def text_hash(text: str) -> bytes:
    """16 bytes of SHA-256 of the lookup key: what embeddings are stored under."""
    return hashlib.sha256(lookup_key(text).encode("utf-8", "replace")).digest()[:16]


def content_hash(title: str, description: str, place: str = "") -> bytes:
    """16 bytes: equal for postings that read the same, whatever their markup, case or white space.

    place: what tells one city from another; the same words about two places are two jobs.
    """
    read = f"{lookup_key(normalise_text(title))}\x00{lookup_key(normalise_text(description))}"
    if place:
        read += f"\x00{place}"
    return hashlib.sha256(read.encode("utf-8", "replace")).digest()[:16]


def posting_id(source: str, external_id: str) -> uuid.UUID:
    """The posting's id: the same for the same source and external id, for ever (UUID version 5)."""
    return uuid.uuid5(_POSTING_NAMESPACE, f"{len(source)}:{source}:{external_id}")


def posting_id_bytes(source: bytes, external_id: bytes) -> bytes:
    """The same id in its 16 bytes, of ASCII: a fifth of the time, for those who need a quarter of a million."""
    name = b"%b%d:%b:%b" % (_POSTING_NAMESPACE.bytes, len(source), source, external_id)
    digest = bytearray(hashlib.sha1(name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)
