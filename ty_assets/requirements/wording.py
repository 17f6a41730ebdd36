"""The words of a line as a statistical model sees them.

Belongs here: cutting a line into words, their beginnings and endings, pairs of words and its form. Not here: what they
say about a line (prototypes.py) and hand-written cues (cues.py).
"""

import re
from bisect import bisect_right
from itertools import pairwise
from typing import Final

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[%€$£§+]")
_STEM: Final = 5  # letters: "erfahr*" is told from its endings by neither language's grammar, but by its beginning
_SHORT_ENDING: Final = 5  # German puts the noun that matters last: "...kenntnisse", "...urlaub"
_LONG_ENDING: Final = 7
_LENGTHS: Final = (3, 6, 12)  # words: keyword, bullet, clause, sentence


def features(text: str) -> frozenset[str]:
    """What a line is made of; numbers are all alike. Empty for a line without words."""
    words = ["0" if word.isdigit() else word for word in _TOKEN.findall(text.lower().replace("ß", "ss"))]
    if not words:
        return frozenset()
    found = set(words)
    for word in words:
        length = len(word)
        if length > _STEM + 1:
            found.add(word[:_STEM] + "*")
            found.add("*" + word[-_SHORT_ENDING:])
            if length > _LONG_ENDING + 1:
                found.add("*" + word[-_LONG_ENDING:])
    found.update(map(" ".join, pairwise(words)))
    found.add("^" + words[0])
    found.add("^*" + words[0][-3:])
    found.add(words[-1][-3:] + "$")
    found.add("#" + str(bisect_right(_LENGTHS, len(words))))
    return frozenset(found)
