"""How an occupation label is written, and under which keys it is found.

Belongs here: the forms of one official label (both genders, with and without remarks) and the matching key.
Not here: which labels exist (catalogue.py) and how a posting's title is cleaned (titles.py).
"""

import re
from functools import lru_cache
from typing import Final

from ty_assets.postings.normalise import lookup_key, normalise_title

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_KEY = re.compile(r"[^\w+#]|_")

# Pairs that share no stem; both halves stand alone in advertisements.
_HALVES: Final = {"mann": "frau", "frau": "mann", "schwester": "pfleger", "pfleger": "schwester",
                  "mutter": "vater", "vater": "mutter"}  # fmt: skip
_HALF = re.compile(rf"({'|'.join(_HALVES)})/-({'|'.join(_HALVES)})\b")
_UMLAUT_IN = re.compile(r"\b(\w*)(arzt|anwalt|koch|rat|bauer)/-?(ärztin|anwältin|köchin|rätin|bäuerin)\b", re.I)
_STEM_IN = re.compile(r"\b(\w[\w-]*?)(\w{2,})/-(\w+in)\b")  # Hydrologe/-login, Heilpädagoge/-pädagogin
_IN = re.compile(r"(?<=\w)/-?in\b")
_ER_IN = re.compile(r"\((er?)/in\)")
_R = re.compile(r"(?<=e)/-?r\b")
_REMARK = re.compile(r"\s+\([^()]*\)")
_SEPARATORS = re.compile(r"\s+[-–—/]\s+|[(),/]")


@lru_cache(maxsize=200_000)
def match_key(text: str) -> str:
    """The lookup key without what spelling varies in: spaces, hyphens, punctuation, umlaut or two letters.

    "Data-Analyst" and "Data Analyst", "Verkäufer" and "Verkaeufer" have one key; "+" and "#" are kept, for
    programming languages.
    """
    return _NOT_KEY.sub("", lookup_key(text)).translate(_UMLAUTS)


def label_forms(label: str, *, bare: bool = True) -> tuple[str, ...]:
    """The titles a label stands for, the masculine (the catalogue's sorting form) first, without duplicates.

    "Verkäufer/in" -> Verkäufer, Verkäuferin. "Krankenschwester/Krankenpfleger" -> both.
    "Kaufmann/-frau - Büromanagement" -> Kaufmann - Büromanagement, Kauffrau - Büromanagement.
    "Auktionator, Versteigerer/Auktionatorin, Versteigerin" -> the four of them.
    bare: a remark in brackets is left out in further forms. Those may name something else: "Meister" is no
    "Meister (Holz)".
    """
    label = " ".join(label.split())
    if "/" not in label and "(" not in label:
        return (label,) if match_key(label) else ()
    forms = [*_two(label), *_several(label)]
    without_remark = _REMARK.sub("", label)
    if bare and without_remark != label:
        forms += _two(without_remark)
    forms += [normalise_title(form) for form in forms if "/" in form]
    return tuple(dict.fromkeys(form for form in forms if match_key(form)))


def plain_label(label: str) -> str:
    """The one form of a label to compare and to embed: masculine, its remarks and qualifiers as words like the others.

    Who "Meister (Holz)" compares without the remark takes all masters for one.
    """
    first = label_forms(label)
    return " ".join(_SEPARATORS.sub(" ", first[0] if first else label).split()) or label


def _two(label: str) -> tuple[str, ...]:
    written_out = _pair(label)
    if written_out:
        return written_out
    male, female = _ER_IN.sub(r"\1", label), _ER_IN.sub("in", label)
    if label.count("/") > 3:  # "Koch/Köchin/Beikoch/-köchin/...": no rule reads these
        return (label,)
    male = _HALF.sub(lambda m: m[1], male)
    female = _HALF.sub(lambda m: m[2], female)
    male = _UMLAUT_IN.sub(r"\1\2", male)
    female = _UMLAUT_IN.sub(lambda m: (m[1] + m[3]) if m[1] else m[3].capitalize(), female)
    male = _STEM_IN.sub(r"\1\2", male)
    female = _STEM_IN.sub(_ending, female)
    male, female = _IN.sub("", male), _IN.sub("in", female)
    male, female = _R.sub("r", male), _R.sub("", female)
    return (male, female)


def _several(label: str) -> tuple[str, ...]:
    """Each of "A, B/Ain, Bin"; nothing where the halves do not belong together one by one."""
    left, slash, right = label.partition("/")
    men, women = left.strip().split(", "), right.strip().split(", ")
    if not slash or len(men) < 2 or len(men) != len(women):
        return ()
    pairs = list(zip(men, women, strict=True))
    if not all(" " not in a + b and _are_one_person(a, b) for a, b in pairs):
        return ()
    return tuple(name for pair in pairs for name in pair)


def _pair(label: str) -> tuple[str, str] | None:
    """Both halves of a written-out pair with the words that follow: "Technischer X/Technische Xin für Y"."""
    left, slash, right = label.partition("/")
    if not slash or right.startswith(("-", "in", "r")) or left.endswith(" ") or "(" in left:
        return None
    count, words = len(left.split()), right.split(" ")
    head, rest = words[:count], words[count:]
    if not count or len(head) < count or not _are_one_person(left.split()[-1], head[-1]):
        return None
    return " ".join([left, *rest]), right


def _are_one_person(left: str, right: str) -> bool:
    a, b = match_key(left), match_key(right)
    if b.endswith("in") or a.endswith("in"):
        # ae: Arzt/Aerztin, Koch/Koechin
        a, b = (word.replace("ae", "a").replace("oe", "o").removesuffix("in") for word in (a, b))
        return a[:3] == b[:3]
    if a.removesuffix("r") == b.removesuffix("r"):  # Angestellter/Angestellte
        return True
    return any(a.endswith(half) and b.endswith(other) for half, other in _HALVES.items())


def _ending(match: re.Match[str]) -> str:
    """Heilpädagoge/-pädagogin: the feminine ending replaces the part that begins like it."""
    stem, ending = match[1] + match[2], match[3]
    at = stem.casefold().rfind(ending[:3].casefold())
    return stem[:at] + ending if at > 0 else stem
