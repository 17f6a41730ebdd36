"""An advertisement as the words that two copies of it share, and the words that tell nothing apart.

Belongs here: folding to words, what is masked because each source writes its own (links, numbers of reference, dates),
and the word lists of the comparison (wording.toml). Not here: comparing (alignment.py, near_duplicates.py).
"""

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

# What every source writes anew: addresses, dates, numbers of reference, telephone numbers, gender marks, list numbers.
# Over folded text, and each with the character that it needs, so that a text is searched ten times as fast as by one
# pattern of all.
_MONTHS = (
    r"(?:januar|februar|maerz|april|mai|juni|juli|august|september|oktober|november|dezember"
    r"|january|february|march|may|june|july|october|december)"
)
_MASKED: Final = (
    ("://", re.compile(r"https?://\S+")),
    ("www.", re.compile(r"www\.\S+")),
    ("@", re.compile(r"\S+@\S+\.\w+")),
    (
        "20",
        re.compile(
            r"[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?(?:20)?[0-9]{2}\b|20[0-9]{2}-[0-9]{2}-[0-9]{2}\b|[0-9]{1,2}/20[0-9]{2}\b"
        ),
    ),
    ("", re.compile(rf"[0-9]{{1,2}}\.?\s{_MONTHS}\b(?:\s20[0-9]{{2}}\b)?")),
    (
        "",
        re.compile(
            r"(?:ref(?:erenz)?|job|stellen|kenn|chiffre|vacancy|req(?:uisition)?|position)[-\s]?"
            r"(?:nr|nummer|id|no|code|number|ziffer|kennung)?\s?\.?\s?[:#]\s?[\w/-]*[0-9][\w/-]*"
            r"|(?:referenz|kenn|stellen|job)(?:nummer|ziffer|nr\.?|-?id)\s+[\w/-]*[0-9][\w/-]*"
        ),
    ),
    ("", re.compile(r"(?:\+[0-9]{1,4}|\b0[1-9][0-9]{1,4})[\s/()-]*[0-9][0-9\s/()-]{4,}[0-9]")),
    ("", re.compile(r"[(\[]\s*(?:[mwfdxgn]|div\w*|all genders|a)(?:\s*[/|,*]\s*(?:[mwfdx]|div\w*))*\s*[)\]]")),
)
_LIST_NUMBER = re.compile(r"^\(?[0-9]{1,2}[.)]\s")
_WORD = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W\d_]+(?:\+\+|#)?")
_GENDER_SUFFIX = re.compile(r"[:*_/(]-?in(nen)?\)?(?!\w)")
_ELLIPSIS = re.compile(
    r"(?:\.\.\.|…|\[mehr\]|\[more\]|mehr anzeigen|show more|weiterlesen|read more)\W*$", re.IGNORECASE
)
_UMLAUTS: Final = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
_HYPHENS: Final = (("\u00ad", ""), *((dash, "-") for dash in "\u2010\u2011\u2012\u2013\u2014\u2212"))
# A board's page is seldom longer; what lies beyond does not make it another job.
MOST_WORDS: Final = 3000


def fold(text: str) -> str:
    """Lower case without accents; umlauts as two letters, as many systems write them."""
    lowered = _exchanged(unicodedata.normalize("NFKC", text).casefold(), _UMLAUTS)
    if lowered.isascii():
        return lowered
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))


def _exchanged(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:  # five times as fast as str.translate
        text = text.replace(old, new)
    return text


def words_of(text: str) -> list[str]:
    """The words and numbers of a text in their order, folded; without what each source writes anew."""
    plain = _GENDER_SUFFIX.sub(r"in\1", fold(_exchanged(text, _HYPHENS)))
    for sign, pattern in _MASKED:
        if sign in plain:
            plain = pattern.sub(" ", plain)
    lines = (_LIST_NUMBER.sub("", line.lstrip()) for line in plain.split("\n"))
    found = _WORD.findall("\n".join(lines))[:MOST_WORDS]
    return [_number(word) if word[0].isdigit() else word for word in found]


def _number(word: str) -> str:
    """3.200 and 3,200 and 3200 are one number, as are 38,5 and 38.5."""
    head, _, tail = word.replace(",", ".").rpartition(".")
    if head and len(tail) == 3:
        return (head + tail).replace(".", "")
    return f"{head.replace('.', '')}.{tail}".removesuffix(".0") if head else tail


def is_cut(text: str) -> bool:
    """Whether a board shows only the beginning, and says so."""
    return bool(_ELLIPSIS.search(text[-40:]))


@cache
def _word_lists() -> dict[str, str]:
    return tomllib.loads(files("ty_assets.postings").joinpath("wording.toml").read_text("utf-8"))


def word_list(name: str) -> frozenset[str]:
    """One list of wording.toml, which says what it is."""
    return frozenset(_word_lists()[name].split())


FUNCTION_WORDS: Final = word_list("function_words")
_HEADINGS: Final = word_list("headings")
_CLIENT: Final = word_list("client")
NEUTRAL: Final = FUNCTION_WORDS | _HEADINGS | _CLIENT

CONTACT: Final = word_list("contact")
# How and to whom to apply, and what a board adds; over folded words joined by spaces.
APPLYING: Final = re.compile(
    r"\b(?:(?:online)?bewerb(?:en|ung|ungen|ungsunterlagen|ungsformular|ungsfrist)|bewirbst?|(?:fuer|bei) rueckfragen"
    r"|(?:ihre?|deine?) ansprechp(?:artner|artnerin|erson)|ansprechp(?:artner|artnerin|erson) ist|freut sich auf"
    r"|kennziffer|referenznummer|stellennummer|(?:stellen|job) ?id|refnr|chiffre|merkliste|jobalarm"
    r"|anzeige wurde|veroeffentlicht|eingestellt am|apply (?:now|here|online|through|via|by|to)|to apply"
    r"|your application|posted on|reference number|looks? forward to)\b"
)

TITLE_DECORATION: Final = word_list("title_decoration")
