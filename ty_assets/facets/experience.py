"""How long somebody has done something: years of experience from digits, words and adverbs.

Belongs here: finding the period and the stretch of text that speaks of it. Not here: what the experience is in,
which `terms` takes from the vocabulary beside it.

Of a range the lower end counts (3-5 Jahre: 3), since it is what a posting demands. Adverbs stand for the least a
recruiter means by them: several years 3, many years 5, first experience 1; plain "Berufserfahrung" has no number.
"""

import re
from typing import NamedTuple

from ty_assets.facets.scope import Span, sentences

_NUMBERS = {
    "ein": 1, "eine": 1, "einem": 1, "einer": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "zwölf": 12, "fünfzehn": 15, "zwanzig": 20,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20, "achtzehn": 18,
}  # fmt: skip
_NUMBER = r"(?:\d{1,2}(?:[.,]\d)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_PERIOD = re.compile(
    rf"(?:\b(?:mindestens|mind\.|wenigstens|min\.|at least|minimum(?: of)?|über|mehr als|more than|over"
    rf"|ca\.|circa|rund|etwa)\s+)?"
    rf"(?<![\w.,-])(?P<least>{_NUMBER})\s*(?:\+|plus|-(?=\s))?\s*(?:\([^)]{{1,12}}\)\s*)?(?:(?:-|–|bis(?: zu)?"
    rf"|to|oder|or)\s*{_NUMBER}\s*\+?\s*)?"
    r"(?:mehr\s+|or more\s+|und mehr\s+|full\s+|volle\s+|busy\s+|consecutive\s+)?"
    r"(?:-?\s?(?P<years>jahr(?:en?)?|jährige[rnms]?|years?|yrs?|year)|(?P<months>monate?n?"
    r"|months?))(?!\w)(?:['’]|\s+of(?!\s+age))?",
    re.IGNORECASE,
)
_ADVERBS = (
    (
        5.0,
        r"langjährig\w*|jahrelang\w*|many years|extensive experience|long-standing|vieljährig\w*"
        r"|long-term experience",
    ),
    (
        3.0,
        r"mehrjährig\w*|several years|mehrere jahre|einige jahre|some years|multiple years|a few years"
        r"|mehreren jahren|einigen jahren",
    ),
    (
        1.0,
        r"erste[nr]?\s+(?:\w+\s+){0,2}?(?=\w*erfahrung|\w*praxis)|first\s+(?:\w+\s+){0,2}?(?=experience)"
        r"|initial (?=experience)|einjährige?\w*",
    ),
)
_ADVERB = re.compile(
    r"\b(?:" + "|".join(f"(?P<y{int(years)}>{words})" for years, words in _ADVERBS) + r")", re.IGNORECASE
)
_EXPERIENCE = re.compile(
    r"erfahrung(?:en)?\b|praxis\b|\bexperience[ds]?\b|\btätigkeit\b|\btrack record\b|\bberuf(?:lich\w*|stätigkeit)\b"
    r"|\btätig\b|\bwork(?:ed|ing)\b|\bgearbeitet\b|\bberufsjahre\w*|\bvertrautheit\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"\b(?:berufserfahrung(?:en)?|berufspraxis|arbeitserfahrung(?:en)?|praxiserfahrung(?:en)?"
    r"|praktische[rn]? erfahrung(?:en)?"
    r"|(?:professional|work|working|practical|job|relevant|industry|prior|previous) experience"
    r"|einschlägige[rn]? erfahrung(?:en)?"
    r"|berufliche[rn]? erfahrung(?:en)?|erste[rn]? erfahrung(?:en)?|vorkenntnisse|no experience"
    r"|vorerfahrung(?:en)?|kein\w* erfahrung(?:en)?)\b",
    re.IGNORECASE,
)
_NOT_EXPERIENCE = re.compile(
    r"^\s*(?:alt\b|old\b|of age|ausbildung|lehre|berufsausbildung|pflegeausbildung|studium|training\b"
    r"|degree|grundbildung|befrist"
    r"|vertrag|contract|jung|im voraus|garantie|course|apprenticeship|berufslehre|kurs|weiterbildung)",
    re.IGNORECASE,
)
# "4 years in payroll", "zwei Jahre als Assistenz": experience without the word, by what follows the period
_SPENT = re.compile(
    r"^\s*(?:\+|plus)?\s*(?:(?:or|oder) \w+\s+)?(?:of\b|in (?:an? |the )?(?!total)|im\b|als\b|as\b|at\b|on\b"
    r"|with\b|mit\b|bei\b|beim\b"
    r"|hinter\b|auf\b|am\b|an der\b|post[- ]\w|pqe\b|face-to-face|cutting\b|leading\b"
    r"|[a-z]{3,}ing\b(?!\s+(?:time|course))|(?-i:[A-ZÄÖÜ])[\w-]{3,}"
    r"|produktive\w*)",
    re.IGNORECASE,
)
# a licence held, an age, the length of a contract or of a training, a rhythm
_NOT_SPENT = re.compile(
    r"\b(?:licen[cs]e|führerschein|fahrerlaubnis|klasse|alter|aged?|vertrag|contract|befrist\w*|innerhalb"
    r"|within|binnen|nach|after"
    r"|every|alle|dauer|for the (?:first|last)|letzten|vergangenen|past|last|over|cover|garantie|warranty|pro"
    r"|per|gültig|valid|jung)\b"
    r"[^.;]{0,40}$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\bseit\s+(?:\w+\s+)?$", re.IGNORECASE)  # "seit 30 Jahren am Markt" is the employer
_WHO = re.compile(r"\b(?:du|sie|ich|you|i)\b", re.IGNORECASE)
_BARE = re.compile(r":\s*(?:mindestens|mind\.|min\.|at least|minimum)?\s*$", re.IGNORECASE)
_OBJECT_END = re.compile(
    r"[,;.()\n–•:]|\s-\s|\b(?:und|oder|sowie|and|or|bzw|idealerweise|ideally|preferably|davon|gern"
    r"|wünschenswert|erforderlich"
    r"|required|is|ist|are|sind|von vorteil|desirable|preferred|nötig|nicht|solltest|sollten|bringen|bringst"
    r"|haben|hast)\b",
    re.IGNORECASE,
)
_LONGEST_OBJECT = 60  # characters
_FARTHEST = 60  # characters between the years and the word that makes them experience


_HINTS = (
    "erfahrung",
    "praxis",
    "experience",
    "tätig",
    "track record",
    "beruf",
    "work",
    "gearbeitet",
    "vertraut",
    "vorkenntnis",
)
_UNITS = ("jahr", "jähr", "year", "yr", "monat", "month")
_WORD_BEFORE = re.compile(r"[\w-]*\Z")


class Period(NamedTuple):
    """`text[start:end]` speaks of `years` of experience; None where no length is given."""

    start: int
    end: int
    years: float | None


def periods(text: str) -> list[Period]:
    """All stretches of the text that demand or state experience, in order."""
    if not _hinted(text, _HINTS + _UNITS):
        return []
    found: list[Period] = []
    for sentence in sentences(text):
        if _hinted(text[sentence.start : sentence.end], _HINTS + _UNITS):
            found.extend(_in_sentence(text, sentence))
    return found


def _hinted(text: str, hints: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return any(hint in lowered for hint in hints)


def _in_sentence(text: str, sentence: Span) -> list[Period]:
    anchors = [
        (m.start() - len(_last_word(text[max(0, m.start() - 40) : m.start()])), m.end())
        for m in _EXPERIENCE.finditer(text, *sentence)
    ]
    found: list[Period] = []
    numbered = _hinted(text[sentence.start : sentence.end], _UNITS)
    for m in _PERIOD.finditer(text, *sentence) if numbered else ():
        if _NOT_EXPERIENCE.match(text[m.end() : m.end() + 20]):
            continue
        value = m.group("least").casefold()
        years = float(_NUMBERS.get(value) or value.replace(",", "."))
        years = round(years / 12, 2) if m.group("months") else years
        period = _stretched(m.start(), m.end(), years, anchors)
        if period is None or "," in text[period.start : m.start()]:  # "langjährige Erfahrung, davon drei Jahre mit X"
            period = _spent(text, m, years, sentence) or period
        if period:
            found.append(period)
    for m in _ADVERB.finditer(text, *sentence):
        if any(p.start < m.end() and m.start() < p.end for p in found):
            continue
        years = float((m.lastgroup or "y1")[1:])
        if not _NOT_EXPERIENCE.match(text[m.end() : m.end() + 20]):
            period = _stretched(m.start(), m.end(), years, anchors)
            if period is None and m.group().casefold().endswith(("years", "jahre", "jahren")):
                period = _spent(text, m, years, sentence)
            if period:
                found.append(period)
    for m in _PLAIN.finditer(text, *sentence):
        if not any(p.start < m.end() and m.start() < p.end for p in found):
            found.append(Period(*m.span(), None))
    return sorted(found)


def _spent(text: str, found: re.Match[str], years: float, sentence: Span) -> Period | None:
    """A period without a word for experience: by what it was spent on, which follows it or stands before a colon."""
    if (found.groupdict().get("years") or "").casefold().startswith("jähr"):
        return None
    if _SINCE.search(text, max(sentence.start, found.start() - 20), found.start()) and not _WHO.search(text, *sentence):
        return None
    if _NOT_SPENT.search(text, max(sentence.start, found.start() - 60), found.start()):
        return None
    before = text[sentence.start : found.start()]
    if _BARE.search(before) and not _SPENT.match(text[found.end() : sentence.end]):
        begin = max(before.rfind(cut, 0, len(before) - 2) for cut in ",;(\n") + 1
        return Period(
            sentence.start + begin + len(before[begin:]) - len(before[begin:].lstrip(" -*•")), found.end(), years
        )
    what = text[found.end() : sentence.end]
    spent = _SPENT.match(what) or (found.group().endswith("of") and what[:1] == " ")
    return Period(found.start(), found.end(), years) if spent else None


def object_end(text: str, period: Period, end: int) -> int:
    """Where the words end that say what a period was spent on: at a comma, "und" or verb; period.end for none."""
    stop = _OBJECT_END.search(text, period.end, min(end, period.end + _LONGEST_OBJECT))
    last = stop.start() if stop else min(end, period.end + _LONGEST_OBJECT)
    if not stop and last < end:
        last = text.rfind(" ", period.end, last + 1)
    return max(period.end, period.end + len(text[period.end : last].rstrip()))


def _last_word(text: str) -> str:
    """The beginning of a compound that goes on after the text, as Vertriebs- of Vertriebserfahrung."""
    word = _WORD_BEFORE.search(text)
    return word.group() if word else ""


def _stretched(start: int, end: int, years: float, anchors: list[tuple[int, int]]) -> Period | None:
    """The period drawn out to the nearest word for experience; None when there is none within reach."""
    near = [a for a in anchors if a[0] - end <= _FARTHEST and start - a[1] <= _FARTHEST]
    if not near:
        return None
    anchor = min(near, key=lambda a: max(a[0] - end, start - a[1], 0))
    return Period(min(start, anchor[0]), max(end, anchor[1]), years)
