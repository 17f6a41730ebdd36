"""Where a person's own words seek work beside home: would they move, and which towns do they name.

Belongs here: reading the summary of a résumé, German and English. Not here: wishes that a form asks for
(`document.Wishes`, a gate), and what distance does to a score (ty_assets/matching/places.py).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ty_assets.facets.scope import sentences

_MOVES: Final = re.compile(
    r"\b(?:umzug|umziehen|umzugsbereit|umzugsbereitschaft|ortsungebunden|ortsflexibel|örtlich flexibel|relocat\w+"
    r"|(?:willing|ready|happy|open|prepared) to mov(?:e|ing)|(?:deutschland|bundes|europa|österreich|schweiz|welt)weit"
    r"|(?:in )?ganz (?:deutschland|österreich|europa)|überall in \w+|anywhere in|all over (?:germany|europe))\b",
    re.IGNORECASE,
)
_NOT: Final = re.compile(
    r"\b(?:nicht|kein\w*|nein|nie|ohne|ungern|ausgeschlossen|not|no"
    r"|without|cannot|never|rather stay|out of the question)\b|n't\b|n’t\b",
    re.IGNORECASE,
)
_FROM_HOME: Final = re.compile(r"\b(?:remote|home ?-?office|ortsunabhängig)\b", re.IGNORECASE)
_SEEKS: Final = re.compile(
    r"\b(?:such\w*|gesucht|möchte|würde|gern\w*|wünsch\w*|bevorzug\w*|vorstellen|umzieh\w*|pendel\w*|erreichbar"
    r"|look\w*|seek\w*|want|wish|prefer\w*|would|mov(?:e|ing)|relocat\w*|commut\w*|open to)\b",
    re.IGNORECASE,
)
_NAME: Final = (
    r"[A-ZÄÖÜ][a-zäöüß]{2,}(?:-[A-ZÄÖÜ][a-zäöüß]+)*(?: (?:am|an der|im) [A-ZÄÖÜ][a-zäöüß]+| [A-ZÄÖÜ][a-zäöüß]+)?"
)
_PLACED: Final = re.compile(
    r"(?:\b(?:in|nach|um|bei|nahe|[Rr]aum|[Rr]egion|[Gg]roßraum|to|near|around|oder|und|or|and)|[,(/])"
    rf"\s*({_NAME})"
)


_COUNTRY: Final = re.compile(
    r"\b(?:in|across|within|throughout|innerhalb)\s+(?:germany|deutschlands?|austria|österreichs?|switzerland"
    r"|der schweiz"
    r"|europe|europas?|the eu)\b",
    re.IGNORECASE,
)


class Mobility(NamedTuple):
    moves: bool
    towns: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_mobility(summary: str) -> Mobility:
    """Towns are names as written, which need not exist; a sentence that denies says nothing."""
    moves, towns = False, dict[str, None]()
    for start, end in sentences(summary or ""):
        said = summary[start:end]
        if _NOT.search(said):
            continue
        seeks = bool(_SEEKS.search(said))
        anywhere = _MOVES.search(said) or (seeks and _COUNTRY.search(said))
        moves = moves or (bool(anywhere) and not _FROM_HOME.search(said))
        if seeks:
            towns.update(dict.fromkeys(found.group(1) for found in _PLACED.finditer(said)))
    return Mobility(moves, tuple(towns))
