"""Whether a word with several meanings means a term, by the words around it.

Belongs here: the words that show it. Not here: which words are ambiguous (the marks `?` and `~` in `vocabulary.csv`).
"""

import re
from bisect import bisect_right

from ty_assets.facets.scope import sentences
from ty_assets.facets.vocabulary import Entry

_FARTHEST_CONTEXT = 300  # characters
_CUE_BEFORE = re.compile(
    r"(?:\b(?:in|mit|with|using|programmiersprachen?|sprachen?|languages?|wie|like|as|of|und|oder|and|or|bzw\.?)"
    r"\s*[:(]?\s*|[,/(]\s*)$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^(?:\s*[-/,)]|\s+(?:und|oder|and|or|bzw|programming|developer|development|entwickl|programmier|kenntnis"
    r"|skills))"
)
# Go Sooners and go-live: with what follows another name
_OTHER_NAME = re.compile(r"-(?:[Ll]ive|to-)|[ ](?!Program|Develop|Entwickl|Engineer|Skill|Kenntnis|Code)[A-ZÄÖÜ]")
_LONELY = " \t-–•*·,;"
_PROGRAMMING = re.compile(
    r"programmi|programming|entwickl|developer|software|python|\bsql\b|java|\bsas\b|statisti|data|daten|devops"
    r"|ansible"
    r"|docker|kubernetes|cloud|\bci\b|\baws\b|azure|terraform|golang|kotlin|\bgit\b|\brust\b|\bscala\b|c\+\+|c#",
    re.IGNORECASE,
)
_DEGREE_WORD = re.compile(
    r"studium|studien(?:gang|gänge|abschluss|richtung)|studier|abschluss|degree|bachelor"
    r"|(?<!scrum )\bmaster(?! data)|masterabschluss"
    r"|diplom(?!at)|\bphd\b|absolvent|graduate|\bm\.?sc\b|\bb\.?sc\b|fachrichtung|hochschul|universit"
    r"|doktor|doctorate|(?-i:\bPromotion\b)|promoviert|studied|studies in",
    re.IGNORECASE,
)
_FARTHEST_DEGREE = 150  # characters between a field of study and the word for the degree in the same sentence
_OBJECT_OF_EXPERIENCE = re.compile(
    r"(?:erfahrung(?:en)?|experiences?|\w*kenntnissen?|knowledge|praxis|interesse|interest|background|years)"
    r"(?:\s+(?!(?:und|oder|and|or)\b)[\w-]+)?\s+(?:in|im|mit|of|with|für|an|bei)\s+(?:(?:der|dem|den|the"
    r"|Bereich)\s+){0,2}$",
    re.IGNORECASE,
)
# What shows that an ambiguous word means the term, by the domain of the term.
_CONTEXTS = {
    domain: re.compile(words, re.IGNORECASE)
    for domain, words in {
        "legal": r"jur(?:is|a\b)|recht|anwalt|richter|\blaws?\b|legal|lawyer|counsel|negotiat|draft|review|clause"
        r"|compliance",
        "medicine": r"zahn|dental|kieferorth|mundhyg|\boral|\bz(?:fa|mp|mf)\b",
        "kitchen": r"küche|koch|köch|lebensmittel|gastro|speise|restaurant|fleisch|bäcker|catering|haccp|kitchen|food"
        r"|cook|chef",
        "administration": r"organis|organiz|planung|planen|\bplan|veranstalt|catering|messe|conferenc|konferenz"
        r"|hospitality|festival|konzert|marketing|\bhost|management|sponsor|hotel|gäste|guests",
        "retail": r"retail|stores?\b|shops?\b|verkauf|sales|clothing|bekleid|textil|\bmode|boutique|brand",
        "driving": r"driver|courier|parcel|\bvans?\b|truck|fahr|paket|\bgoods|food|ware|tour|logisti|post\b",
        "laboratory": r"\bg[ml]p\b|gxp|pharma|labor|medizin|medical|method|steril|\bfda\b|qualifizierung|reinraum"
        r"|prozess|\bprocess",
        "electrical": r"\bsps\b|\bplc\b|steuerung|anlage|maschine|elektr|electr|antrieb|industri|sensor|mechatron|robot"
        r"|fertigung|produktion|gebäude|machine|\bplant|bahn",
        "engineering": r"manufactur|factor(?:y|ies)|\bplants?\b|machine|maschin|anlage|fertigung|industri|assembl"
        r"|montage|shift|schicht|\bcnc\b|quality|warehouse|lean\b|helper|operator",
    }.items()
}
_COMPUTING = re.compile(
    _PROGRAMMING.pattern
    + r"|server|network|netzwerk|firewall|v?lan\b|(?-i:\bIT\b)|\bapis?\b|system|linux|prometheus|grafana"
    r"|\bsap\b|excel|kpi|kennzahl|report|\brest\b|web|applikation|anwendung|application|digital",
    re.IGNORECASE,
)
_QUALIFICATION = re.compile(
    r"ausbildung|abschluss|studium|studier|examen|examin|prüf|qualif|degree|diplom|zertif|certif|licen[cs]e|lehre\b"
    r"|bachelor|master|absolv|graduat|trained|training|gelernt|geselle|\bcfa\b|\bals\b|as an?\b|charter",
    re.IGNORECASE,
)


def studied(text: str, start: int, end: int) -> bool:
    """Whether a field is one of study: its sentence speaks of a degree near it, and not of experience in it."""
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1].isalpha():  # UX-Design, SAP-Logistik
        return False
    first, last = _line(text, start, end)
    bounds = sentences(text)
    sentence = bounds[bisect_right(bounds, start, key=lambda span: span.start) - 1]
    first = max(first, sentence.start, start - _FARTHEST_DEGREE)
    last = min(last, sentence.end, end + _FARTHEST_DEGREE)
    if not _DEGREE_WORD.search(text, first, last):
        return False
    return not _OBJECT_OF_EXPERIENCE.search(text, first, start)


def in_context(entry: Entry, text: str, start: int, end: int) -> bool:
    """Whether the line shows that a word with several meanings means this term."""
    first, last = _line(text, start, end)
    if not (text[first:start] + text[end:last]).strip(_LONELY):  # the only word of a line in a CV
        return entry.kind == "degree" or (text[start:end].isupper() and end - start > 2)
    if entry.kind == "tool":
        context = _PROGRAMMING
        if not _stands_in_a_list(text, first, start, end, last):
            return False
    elif entry.kind == "degree" or (entry.kind == "licence" and entry.domain not in _CONTEXTS):
        context = _QUALIFICATION
    else:
        context = _CONTEXTS.get(entry.domain, _COMPUTING)
    return bool(context.search(text, first, start) or context.search(text, end, last))


def _stands_in_a_list(text: str, first: int, start: int, end: int, last: int) -> bool:
    """Whether a name like R or Go is a member of a list or the object of a preposition; Go Sooners is neither."""
    after = text[end : min(last, end + 20)]
    if _OTHER_NAME.match(after):
        return False
    return bool(_CUE_BEFORE.search(text, first, start) or _CUE_AFTER.search(after))


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """The line a mention stands in, but no farther than a long sentence reaches."""
    first, last = max(0, start - _FARTHEST_CONTEXT), min(len(text), end + _FARTHEST_CONTEXT)
    after = text.find("\n", end, last)
    return max(first, text.rfind("\n", first, start) + 1), last if after < 0 else after
