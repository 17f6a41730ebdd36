"""How well somebody speaks a language: from everyday words to CEFR.

Belongs here: the words. Not here: languages that a text mentions (facets/terms.py).
"""

import re

# The Council of Europe's self-assessment grid describes the levels; résumés use these words. Where a word
# spans two levels the lower one stands, since a claim should not grow by being read. The first that fits
# counts, so what qualifies stands first: "gute Grundkenntnisse" before "gut", "very good" before "good".
_WORDS: tuple[tuple[str, str], ...] = (
    (r"mutter\s?sprach|\bnativ|near[- ]native|mother tongue|first language|erstsprache|mastery", "C2"),
    (r"bilingual|zweisprachig", "C2"),
    (r"erweiterte grund|gute grund|elementary|pre[- ]intermediate", "A2"),
    (r"\bgrund|\bbasic|beginner|anfänger|\bbasis|wenig|\blittle", "A1"),
    (r"verhandlungssicher|fließend|fliessend|fluent|full professional|sehr gut|very good", "C1"),
    (r"excellent|advanced|ausgezeichnet|proficient|\bexpert", "C1"),
    (r"konversationssicher|upper[- ]intermediate|professional working|\bgut|\bgood", "B2"),
    (r"sicher in wort|business", "B2"),
    (r"intermediate|mittel|limited working|conversational|befriedigend|fortgeschritten", "B1"),
    (r"working knowledge", "B1"),
)
_PATTERNS = tuple((re.compile(words, re.IGNORECASE), cefr) for words, cefr in _WORDS)
_DENIED = re.compile(r"\b(?:not|nicht|kein\w*|no)\b", re.IGNORECASE)
_CEFR = re.compile(r"(?<![A-Za-z0-9])([ABC][12])(?![A-Za-z0-9])", re.IGNORECASE)


def cefr_of(fluency: str | None) -> str | None:
    """A1 .. C2 for German and English words of fluency, or a level named outright; None for anything else."""
    if not fluency:
        return None
    if named := _CEFR.findall(fluency):
        return str(named[0]).upper()  # of "B2-C1" the first: what is certain
    if _DENIED.search(fluency):
        return None
    return next((cefr for pattern, cefr in _PATTERNS if pattern.search(fluency)), None)
