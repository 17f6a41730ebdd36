"""In which language a text is written.

Belongs here: the stop-word fast path and the language model behind it. Not here: which languages are in scope
(prefilter.py).
"""

import re
from collections import Counter
from functools import cache
from typing import Final, Protocol

UNDETERMINED: Final = "und"  # ISO 639-2

# What advertisements in Germany, Austria and Switzerland come in; fewer candidates, fewer slips.
_CANDIDATES = (
    "de", "en", "fr", "it", "es", "nl", "pl", "tr", "pt", "cs", "ro", "hu", "ru", "uk", "da", "sv", "hr",
    "ar", "el",
)  # fmt: skip

# Words that carry no meaning and (but for "in", "die", "was", left out) are not words of the other language.
_GERMAN = frozenset({
    "und", "der", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "mit", "für",
    "von", "zu", "zur", "zum", "im", "ist", "sind", "auf", "bei", "sich", "wir", "sie", "du", "ihr",
    "ihre", "ihren", "deine", "dein", "deinen", "unser", "unsere", "unserem", "als", "auch", "oder",
    "nicht", "werden", "haben", "über", "aus", "nach", "durch", "sowie", "bzw", "uns", "dich", "dir",
    "ihnen", "wie", "er", "es", "bist", "hast", "kann", "können",
})  # fmt: skip
_ENGLISH = frozenset({
    "and", "the", "of", "to", "a", "for", "with", "you", "your", "we", "our", "is", "are", "on", "as",
    "be", "will", "or", "that", "this", "at", "by", "have", "from", "an", "it", "their", "who", "can",
    "not", "all", "has", "they", "but", "which", "within", "across", "into", "about", "more", "us", "if",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH_WORDS = 5  # stop words of one language ...
_CLEARLY = 6  # ... and so many times those of the other
_SHORT = 8  # words; below, one stop word tells more than the model
_LOOKED_AT = 3_000  # characters; beyond it no text changes its language


def detect_language(text: str) -> str:
    """ISO 639-1 code of the text's main language; 'und' where there are no words to go by.

    Clear German and English is told by its stop words (microseconds); everything else by py3langid, whose
    model is loaded at first need (about a second) and then shared by all threads.
    """
    words = [word.lower() for word in _WORD.findall(text[:_LOOKED_AT])]
    if not words:
        return UNDETERMINED
    counts = Counter(words)
    german = sum(counts[word] for word in _GERMAN & counts.keys())
    english = sum(counts[word] for word in _ENGLISH & counts.keys())
    # A sixth of a running text of either language are these words; French or Dutch reach a twentieth.
    floor = max(_ENOUGH_WORDS, len(words) // 8)
    if german >= floor and german >= _CLEARLY * english:
        return "de"
    if english >= floor and english >= _CLEARLY * german:
        return "en"
    if len(words) < _SHORT and german != english:
        return "de" if german > english else "en"
    code, _ = _identifier().classify(" ".join(words))
    return str(code)


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    # Imported here: most runs never meet a text that needs it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_CANDIDATES))
    return identifier
