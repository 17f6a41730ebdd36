"""Words that make an unknown phrase a degree, and of which level.

Belongs here: Lehre, Fachwirt, studiert, diploma. Not here: degrees the vocabulary knows (`degrees`).
"""

import re

from ty_assets.facets.vocabulary import Kind

_LEVELS = (
    (4, r"doktor\w*|promotion|doctorate|ph\.?d"),
    (3, r"master|m\.?\s?(?:sc|eng|a|ed)\b|meng|msc|diplom(?!a)|magister|staatsexamen|postgraduate|ll\.?m"),
    (2, r"bachelor|b\.?\s?(?:sc|eng|a|ed)\b|beng|bsc|studium|studien\w+|studiert|degree|fachwirt|techniker(?=\s)"
        r"|meister(?=\s)"
        r"|hochschul\w*|universität\w*|akad\.|akademisch\w*|graduate|(?:film|art|drama|business|law"
        r"|design) school|pgce|cert ed"),
    (1, r"ausbildung\w*|\w*ausbildung|lehre|berufslehre|lehrabschluss|gelernt\w*|gesellenbrief|facharbeiter\w*"
        r"|fachausbildung"
        r"|berufsabschluss|grundbildung|apprenticeship|nvq|hn[cd]|btec|a[- ]levels?|gcses?|diploma"
        r"|(?<!teaching )qualification"
        r"|weiterbildung|lehrgang|\w*lehrgang|schulabschluss|\w*schulabschluss|\w{3,}schule(?=\s(?:besucht"
        r"|absolviert))|\w*fachschule|befähigung"),
)  # fmt: skip
_LEVEL = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<l{level}>{words})" for level, words in _LEVELS) + r")(?![\w])", re.IGNORECASE
)
_NO_DEGREE = re.compile(r"\b(?:bereitschaft|interesse|lust|willing|drivers?|card|ticket)\b", re.IGNORECASE)


def open_degree(text: str, beside: Kind | None) -> int | None:
    """The level of the degree that a member speaks of, in words the vocabulary does not know; None for no degree."""
    found = _LEVEL.search(text)
    if not found or _NO_DEGREE.search(text):
        return None
    return int((found.lastgroup or "l1")[1:])
