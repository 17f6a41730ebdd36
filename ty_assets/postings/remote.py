"""Whether an advertisement says that the work may be done from anywhere.

Belongs here: the words that say so, German and English. Not here: days at home beside an office (a condition like
others), and where the place of work is.
"""

import re
from typing import Final

_IN_TITLE: Final = re.compile(
    r"\bremote\b(?![ -](?:sensing|support|control|hands|maintenance|access|monitoring))|100 ?% home ?-?office",
    re.IGNORECASE,
)
_HOME: Final = r"(?:remote|ortsunabhängig|(?:im |aus dem |von zu |vom )?(?:home ?-?office|hause))"
_IN_TEXT: Final = re.compile(
    rf"\b(?:fully|entirely|completely|permanently"
    r"|(?:voll|vollständig|komplett|rein|ganz|ausschließlich|dauerhaft)\w*"
    rf"|100 ?%)[ -](?:und |oder |von |auch )?{_HOME}\b"
    r"|\bremote[- ](?:first|only)\b|\b(?:work|working) from anywhere\b"
    r"|\bremote,? (?:(?:work|arbeit\w*|möglich|position|role) )?(?:within|inside"
    r"|from (?:anywhere|all over|any)|anywhere|across"
    r"|innerhalb|aus ganz|von überall|deutschlandweit|bundesweit|europaweit)\b"
    r"|\b(?:deutschlandweit|bundesweit|europaweit)\w* (?:remote|ortsunabhängig|von zu hause|im home ?-?office)\b"
    r"|\b(?:arbeitsort|standort|location|place of work)(?: ist| is)?:? (?:\w+ )?(?:remote|frei wählbar|egal)\b"
    r"|\bvon überall (?:aus )?(?:arbeiten|in deutschland)\b"
    r"|\bwohnort (?:ist )?(?:egal|frei wählbar|spielt keine rolle)",
    re.IGNORECASE,
)
_NOT: Final = re.compile(r"\b(?:no|not|nicht|kein\w*|never|nie|leider)\b[^.!?;]{0,30}$", re.IGNORECASE)
_NOT_AFTER: Final = re.compile(r"^[^.!?;,]{0,40}\b(?:not|nicht|ausgeschlossen|impossible)\b", re.IGNORECASE)


def offers_remote(title: str, description: str) -> bool:
    """True where the whole work may be done from anywhere, in so many words; days at home are not meant."""
    return any(
        not _NOT.search(text, max(0, found.start() - 40), found.start()) and not _NOT_AFTER.search(text[found.end() :])
        for pattern, text in ((_IN_TITLE, title), (_IN_TEXT, description))
        for found in pattern.finditer(text)
    )
