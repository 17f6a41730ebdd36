"""What makes two advertisements two jobs, however alike their texts: title, place, employer, working time.

Templates of one employer differ in a word or two, so no measure of the whole text tells them from a copy. Belongs here:
the objections that title, place and employer raise. Not here: differences of the text itself (near_duplicates.py).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ty_assets.postings.normalise import normalise_title
from ty_assets.postings.wording import TITLE_DECORATION, fold, word_list, words_of

Objection = Literal["title", "place", "employer", "working time", "content", "too little in common"]


@dataclass(frozen=True, slots=True)
class Head:
    """An advertisement without its text."""

    title: str
    employer: str | None = None
    city: str | None = None
    region: str | None = None


def objections(one: Head, two: Head) -> list[Objection]:
    """Why these are not the same job; empty where nothing speaks against it.

    What one of them does not say is no objection. An employer may be spelt otherwise, or hidden by an agency.
    """
    found: list[Objection] = []
    if not same_title(one, two):
        found.append("title")
    if not (_same_city(one.city, two.city) and _same_region(one.region, two.region)):
        found.append("place")
    if (
        _working_time(one.title)
        and _working_time(two.title)
        and not _working_time(one.title) & _working_time(two.title)
    ):
        found.append("working time")
    if not _same_employer(one, two):
        found.append("employer")
    return found


# titles

_YEAR = re.compile(r"20\d\d")
_TIMES: Final = (
    ("full", re.compile(r"voll|full")),
    ("part", re.compile(r"teilzeit|teil-|part")),
    ("mini", re.compile(r"mini")),
)


def same_title(one: Head, two: Head) -> bool:
    """Whether both name the same occupation at the same level, apart from decoration and a typo."""
    place = _place_words(one.city, two.city, one.region, two.region)
    names = frozenset(_employer_words(one.employer)) | frozenset(_employer_words(two.employer))
    ours, theirs = (_title_words(head.title, place | names) for head in (one, two))
    if sorted(ours) == sorted(theirs) or "".join(ours) == "".join(theirs):
        return True
    left = list((Counter(theirs) - Counter(ours)).elements())
    for word in (Counter(ours) - Counter(theirs)).elements():
        near = next((other for other in left if is_typo(word, other)), None)
        if near is None:
            return False
        left.remove(near)
    return not left


def _title_words(title: str, beside: frozenset[str]) -> list[str]:
    words = _cleaned_title(title)
    kept = [word for word in words if word not in beside]
    return kept or list(words)


@lru_cache(maxsize=4096)
def _cleaned_title(title: str) -> tuple[str, ...]:
    """Without decoration and numbers of reference; years and small numbers stay: "2027", "II", "E13"."""
    words = words_of(normalise_title(title))
    plain = [w for w in words if w not in TITLE_DECORATION and w not in _SMALL_WORDS]
    return tuple(w for w in plain if not w[0].isdigit() or len(w) <= 3 or _YEAR.fullmatch(w))


_SMALL_WORDS: Final = word_list("title_small_words")


def _working_time(title: str) -> frozenset[str]:
    folded = fold(title)
    return frozenset(name for name, sign in _TIMES if sign.search(folded))


def is_typo(one: str, two: str) -> bool:
    """One word, misspelt: a slip in a word of four letters, two in a long one, never in its first letter or a digit.

    The first letter, because "un-", "in-" and "ex-" turn a meaning round; short words, because they are other words.
    """
    if one == two:
        return True
    shorter = min(len(one), len(two))
    if shorter < 4 or one[0] != two[0] or any(c.isdigit() for c in one + two):
        return False
    return OSA.distance(one, two, score_cutoff=2) <= (2 if shorter >= 9 else 1)


# places

_ANYWHERE: Final = word_list("anywhere")
_EXONYMS: Final = {
    "munich": "muenchen", "cologne": "koeln", "nuremberg": "nuernberg", "vienna": "wien", "hanover": "hannover",
    "brunswick": "braunschweig", "zuerich": "zuerich", "zurich": "zuerich", "geneva": "genf", "basle": "basel",
    "muenster": "muenster", "munster": "muenster", "dusseldorf": "duesseldorf", "nurnberg": "nuernberg",
    "koln": "koeln", "munchen": "muenchen", "frankfort": "frankfurt",
}  # fmt: skip
_FILLING: Final = word_list("place_filling")
_STATES: Final = {
    "bw": "baden wuerttemberg", "by": "bayern", "bavaria": "bayern", "be": "berlin", "bb": "brandenburg",
    "hb": "bremen", "hh": "hamburg", "he": "hessen", "hesse": "hessen", "mv": "mecklenburg vorpommern",
    "ni": "niedersachsen", "lower saxony": "niedersachsen", "nw": "nordrhein westfalen", "nrw": "nordrhein westfalen",
    "north rhine westphalia": "nordrhein westfalen", "rp": "rheinland pfalz", "rhineland palatinate": "rheinland pfalz",
    "sl": "saarland", "sn": "sachsen", "saxony": "sachsen", "st": "sachsen anhalt", "saxony anhalt": "sachsen anhalt",
    "sh": "schleswig holstein", "th": "thueringen", "thuringia": "thueringen",
}  # fmt: skip


def place_key(city: str | None) -> str | None:
    """The word by which two spellings of a city are found: "80331 München", "Munich, Bavaria" -> "muenchen"; None for
    anywhere. Equal keys may be different cities ("Frankfurt (Oder)"), different keys never one."""
    words = _city_words(city)
    return next((word for word in words if word not in _FILLING), None) if words else None


def _city_words(city: str | None) -> list[str]:
    """Of the first place named, without postcode; empty for anywhere."""
    if not city:
        return []
    words = re.findall(r"[a-z]+", fold(re.split(r"[,;|/]", re.sub(r"\b(?:D-)?\d{4,5}\b", " ", city).strip(" ,"))[0]))
    named = [_EXONYMS.get(word, word) for word in words]
    return [] if _ANYWHERE.intersection(named) else named


def _same_city(one: str | None, two: str | None) -> bool:
    """Equal but for what only one of them adds: "Frankfurt", "Frankfurt am Main"."""
    ours, theirs = (frozenset(w for w in _city_words(c) if w not in _FILLING) for c in (one, two))
    return not ours or not theirs or ((ours <= theirs or theirs <= ours) and place_key(one) == place_key(two))


def _same_region(one: str | None, two: str | None) -> bool:
    """Only known states can differ: sources name regions in many ways."""
    states = [" ".join(re.findall(r"[a-z]+", fold(region or ""))) for region in (one, two)]
    known = [_STATES.get(state, state) for state in states]
    return not all(state in _STATES.values() for state in known) or known[0] == known[1]


def _place_words(*names: str | None) -> frozenset[str]:
    return frozenset(word for name in names for word in re.findall(r"[a-z]+", fold(name or "")))


# employers

_LEGAL_FORMS: Final = word_list("legal_forms")
_AGENCY: Final = re.compile(
    r"person(?:al|nel)|zeitarbeit|recruit|staffing|talent|headhunt|vermittlung|arbeitnehmer|human resources|\bhr\b"
    r"|karriere"
    r"|\bjobs?\b|randstad|adecco|hays|manpower|tempton|michael page|robert half|\bferchau\b|brunel|gulp"
)


def _employer_words(employer: str | None) -> list[str]:
    words = re.findall(r"[a-z0-9]+", fold(employer or ""))
    return [word for word in words if word not in _LEGAL_FORMS]


def names_of(employers: Iterable[str | None]) -> frozenset[str]:
    """The words that stand for these employers in a text, legal forms included."""
    return frozenset(word for employer in employers for word in re.findall(r"[a-z0-9]+", fold(employer or "")))


def is_agency(employer: str | None) -> bool:
    """Whether the name says that it hires for others."""
    return bool(employer and _AGENCY.search(fold(employer)))


def _same_employer(one: Head, two: Head) -> bool:
    place = _place_words(one.city, two.city)
    ours, theirs = (_without(_employer_words(head.employer), place) for head in (one, two))
    if not ours or not theirs or is_agency(one.employer) or is_agency(two.employer):
        return True
    if set(ours) <= set(theirs) or set(theirs) <= set(ours):
        return True
    initials = {"".join(word[0] for word in words) for words in (ours, theirs) if len(words) > 1}
    alike = fuzz.token_sort_ratio(" ".join(ours), " ".join(theirs)) >= _SPELT_OTHERWISE
    return alike or bool(initials & {"".join(ours), "".join(theirs)})


def _without(words: list[str], place: frozenset[str]) -> list[str]:
    """A house's name without its town, where anything is left of it."""
    return [word for word in words if word not in place] or words


_SPELT_OTHERWISE: Final = 88
