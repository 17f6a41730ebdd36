"""What a requirement asks for in its own words, where the vocabulary has no word for it.

Belongs here: cutting a requirement line down to the phrase that names the matter, verbatim. Not here: known terms
(`terms`). It keeps the vocabulary open: a rare skill is embedded and compared as it is written.
"""

import re
from typing import NamedTuple

from ty_assets.facets.vocabulary import Kind

_LONGEST_WORDS = 8
_SHORTEST_LETTERS = 3
_EDGE = " \t\r\n\f\v\"'„“”»«*-–:,.;"
_BULLET = re.compile(r"^[\s\-–—•*·▪►✓✔>+]*(?:\d{1,2}[.)]\s+)?")

_QUALITIES = (
    r"(?:(?:sehr|besonders|ausgesprochen|möglichst|überdurchschnittlich) )*(?:gute[nrs]?"
    r"|fundierte[nrs]?|umfassende[nrs]?"
    r"|umfangreiche[nrs]?|solide[nrs]?|vertiefte[nrs]?|ausgeprägte[nrs]?|hohe[nrs]?|starke[nrs]?|große[nrs]?"
    r"|mehrjährige[nrs]?|langjährige[nrs]?|praktische[nrs]?|erste[nrs]?|einschlägige[nrs]?|nachgewiesene[nrs]?"
    r"|nachweisbare[nrs]?|gültige[nrs]?|valid|current|ausgezeichnete[nrs]?|exzellente[nrs]?|hervorragende[nrs]?|sichere[nrs]?|grundlegende[nrs]?"
    r"|relevante[nrs]?|aktive[nrs]?|idealerweise|gerne|zudem|außerdem|darüber hinaus|mindestens|strong|good|excellent"
    r"|proven|solid|deep|sound|extensive|hands-on|relevant|demonstrated|in-depth|thorough|basic|advanced|significant"
    r"|previous|prior|practical|several years of|some|first|very good|ideally|broad|working)"
)
_SUBJECTS = (
    r"(?:du|sie) (?:(?!und|oder)[a-zäöü]+(?:st|en)) (?:sich |dich )?(?:(?:mit|nach|in|im|bei|auf|an|zu|für"
    r"|gern[e]?|sicher)\b ?){0,2}"
    r"|(?:und )?zeichn\w+ (?:dich|sich) durch|möchte\w*|behält\w*|behalt\w+|(?:im|in den|in dem|den) bereich(?:en|e)?"
    r"|(?:sie|du|ihr|er|wir|man) (?:verfüg\w+ über|bring\w+|hast|haben|habt|bist|sind|besitz\w+|kenn\w+|beherrsch\w+"
    r"|überzeug\w+ (?:durch|mit)|zeichn\w+ sich durch|interessier\w+ (?:sich|dich) für|arbeite\w+|könn\w+|kannst"
    r"|leg\w+ wert auf|weis\w+|wünschen uns|erwarten|suchen|fühl\w+ (?:dich|sich)|mög\w+|lieb\w+|hab\w+|erfüll\w+)"
    r"|(?:your|you(?:['’]ll| will)?|we|the ideal candidate|candidates?|applicants?) (?:have|has"
    r"|possess\w*|bring|are|can"
    r"|demonstrate|need|must(?: have| be)?|should(?: have| be)?|show|hold|know|enjoy|expect|required?|look for|will)"
    r"|(?:must|should) (?:have|be)|able|ability|to be able|have|has|having|being|be|possess|verfügen über"
    r"|bringen|haben"
    r"|besitzen|von vorteil(?: (?:ist|sind|wäre[n]?))?|(?:wünschenswert|voraussetzung|erforderlich|erwünscht"
    r"|verlangt)"
    r" (?:ist|sind|wäre[n]?|wird|werden)|vorausgesetzt (?:wird|werden)|a plus(?: is)?:?"
)
_NOUNS = (
    r"(?:(?:die|der|das|zur|deine|dein|ihre|ihr|eine?|einen) )?(?:fähigkeit|bereitschaft|interesse"
    r"|freude|spaß|leidenschaft"
    r"|begeisterung|lust|flair|sinn|gespür|verständnis|affinität|motivation|wille)"
    r"(?: (?:für|an|am|zur?m?|von|mit|in|daran|dafür))?"
    r"|(?:(?:eine?|einen|die|das|der|deine|ihre|dein|ihr) )?(?:berufs|praxis"
    r"|arbeits)?(?:erfahrung(?:en)?|kenntnisse|praxis"
    r"|grundkenntnisse|fachkenntnisse|vorkenntnisse|fachwissen|wissen|know-how|expertise|kompetenz(?:en)?|fähigkeiten"
    r"|umgang|routine|vertrautheit|vertraut|erfahren|versiert)"
    r"(?: (?:in|im|mit|bei|beim|der|des|von|vom|über|rund um|auf dem gebiet|aus dem bereich|zum|zur|zu"
    r"|als|dem|den|bereich))*"
    r"|(?:knowledge|experience|understanding|expertise|familiarity|proficiency|skills?|background|interest|passion"
    r"|track record|competence|command|willingness|desire|awareness|familiar|experienced|proficient|skilled"
    r"|knowledgeable|interested|comfortable)(?: (?:of|in|with|working|for|using|to|on|at|about|dealing))*"
)
_SMALL_WORDS = (
    r"in|im|mit|bei|beim|der|des|dem|den|die|das|ein|eine[nmrs]?|the|a|an|with|of|to|for|vom?n?|zu|zum"
    r"|zur|für|als|as|und|and"
    r"|sowie|auch|oder|or|sich|dich|uns|deine?n?|ihre?n?|your|our|any|at least|über|durch|on|an|am|dass"
    r"|sehr|very|bereich"
)
_FILLER = re.compile(rf"^(?:{_SUBJECTS}|{_NOUNS}|{_SMALL_WORDS}|{_QUALITIES})(?=[\s:,])[\s:,]*", re.IGNORECASE)
_STOP = re.compile(
    r"[,;.!?()\n•]|[:/](?=\s|(?-i:[A-ZÄÖÜ])|$)|\s[-–—]\s|\b(?:und|sowie|oder|and|or|bzw|which|welche[rsn]?|die"
    r"|um|damit"
    r"|as well as|zeichnen|wird|werden|ist|sind|is|are|von vorteil|als vorteil|wünschenswert|erwünscht|erforderlich"
    r"|vorausgesetzt|runden|mit|idealerweise|zwingend|required|preferred|mitbringen|in wort|zu(?=\s\w+en\b))\b",
    re.IGNORECASE,
)
_JOINING = re.compile(r"-?\s*(?:und|oder|sowie|bzw\.?|and|or|,)\s+(?=\S)", re.IGNORECASE)
# What ends a phrase within a member: verbs, praise and need.
_CLOSING = re.compile(
    r"[\s]+(?:ist|sind|is|are|wäre[n]?|would|wird|werden|has|have|hast|hat|haben|bringst|bringen|beherrsch\w+|kenn\w+"
    r"|kannst|können|bedien\w+|führ(?:st|en) (?:du|sie)|von (?:großem )?vorteil|als vorteil|wünschenswert|erwünscht"
    r"|erforderlich|vorausgesetzt|zwingend|required|preferred|desirable|needed|essential|helpful|useful|welcome"
    r"|mandatory"
    r"|optional|advantageous|mitbringen|runden|zeichnen|mit dir bringen|notwendig|nötig|vorhanden|hilfreich"
    r"|gern(?:e)?"
    r"|willkommen|gewünscht|bevorzugt|pflicht|ein plus|a plus|an advantage|sollten|solltest|sollte|should|must"
    r"|musst|liegt"
    r"|liegen|gehör\w+|fallen|schreibst|mixt|egal|you|du|sie)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = re.compile(
    r"(?:(?:in |im |an )?(?:einem |einer |ein |eine |a |an |some |any |or )?(?:gleichwert|vergleichb|verwandt"
    r"|ähnlich|äquivalent|entsprechend"
    r"|adäquat|related|similar|equivalent|comparable|weitere|andere|anderweitig|verschieden|other|relevant"
    r"|einschlägig|artverwandt"
    r"|angrenzend|affin)\w*(?: [\w-]+){0,2}|(?:(?:gute|sehr gute|good|sound|strong|fundierte|sicherer|erste"
    r"|hohe[rs]?) )?(?:\w*kenntnisse"
    r"|erfahrung(?:en)?|kenntnis|wissen|knowledge|experience|skills?|freude|spaß|interesse|talent|begabung"
    r"|bereitschaft|fähigkeit(?:en)?"
    r"|umgang|ability|willingness|understanding|qualifications?|qualifikation(?:en)?|persönlichkeit"
    r"|begeisterung|leidenschaft|lust"
    r"|kompetenz(?:en)?|affinität|eignung|anwendung|arbeiten|aufgaben|tools?|normen|richtlinien|systeme?n?"
    r"|software|programme?n?"
    r"|maschinen|geräte|methoden|prozesse|branche|umfeld|bereich(?:e|en)?|themen|sprachen|ausland|inland|deutschland|österreich|schweiz|europa|dach|england|wales|scotland|uk|usa|germany|europe"
    r"|innen"
    r"|ihk|hwk|tüv|dgq|dekra"
    r"|srk|vhs|uni|fh|interessiert|motiviert|professionell|erforderlich|requirements?|background|basics"
    r"|grundlagen)|etc|usw|u\. ?ä|o\. ?ä|min|mind|max|abgeschl|ähnlich\w*|similar|vergleichbar\w*"
    r"|gleichwertig\w*|comparable"
    r"|equivalent|related|prima|punkt|level|stufe|niveau|hauptsache|möglichst|desirable|required|wünschenswert|other"
    r"|andere\w*|kfm|insb|abgeschl|vgl|gepr|staatl|akad|eidg|dipl|kat|kl|inhouse|umgesetzt|umgehen|towards|have"
    r"|will|newer|studying|machst"
    r"|[\W\d]+(?:std|stunden|h|hours?|uhr|wochen|weeks?|tage|days?|jahre?n?|years?|monate?|months?|km|°c|%|eur"
    r"|euro|€)?\.?|(?:level|stufe|band|grade|kat\.?|kategorie|klasse|class)\s\w{1,3}"
    r"|i{1,3}|iv|v|others|more|mehr|weitere\w*|above|höher|higher|better|relevant|einschlägig\w*|essential|important"
    r"|wichtig|gut|good|nice|great|toll|(?:an |the )?advantage|bonus|vorhanden|gern|gerne|yes|no|ja|nein|du|sie|you"
    r"|both|beides|alles|all|nothing|well|ideal|preferred|plus|möglich|selbstverständlich|a must|must|muss)",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:[\s,:-]+(?:mit|sich|zu|haben|hast|bist|sind|aus|auf|an|in|im|der|des|die|das|dem|den|für|von|vom|bei"
    r"|to|of|the"
    r"|a|for|with|on|is|are|werden|wird|sein|be|dir|ihnen|uns|wir|du|sie|you|eine?|einen|zum|zur|as|at|über|our"
    r"|ihre|unsere[rnms]?|dein|ihr|deine|your))+$",
    re.IGNORECASE,
)
_EMPTY_PHRASE = re.compile(
    r"(?:wort|schrift|vorteil|ziel|tätigkeit|arbeit|aufgaben?|bereich|umfeld|team|kontakt|person|persönlichkeit"
    r"|profil"
    r"|jahre?n?|monate?n?|years?|months?|funktion|position|stelle|geschick|talent|wille|advantage|plus|role"
    r"|field|area|position|work|job|people"
    r"|(?:ähnliche\w*|vergleichbare\w*|jeweilige\w*|similar|comparable|relevant) \w+)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]")
_KNOWLEDGE_CUE = re.compile(
    r"\b(?:\w*erfahrung(?:en)?|\w*kenntnisse|know-how|expertise|fachwissen|knowledge|experience|familiarity"
    r"|proficiency"
    r"|umgang)\s+(?:in|im|mit|der|des|von|vom|bei|beim|über|of|with|using)\s+",
    re.IGNORECASE,
)
# What a person feels or is, or consents to, is no skill, unless "Kenntnisse in" and the like say otherwise.
_ATTITUDE = re.compile(
    r"\b(?:freude|interess\w+|offen(?:heit)?|motiv\w+|lust|spaß|flair|talent|fähigkeit|fähig|wille"
    r"|begeister\w+|leidenschaft"
    r"|persönlichkeit|du bist|sie sind|du möchtest|sie möchten|du arbeitest|sie arbeiten|you are|you enjoy"
    r"|interest\w*"
    r"|passion\w*|eager|ability|able|motivated|attitude|mindset|willpower|gespür|art)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:bereitschaft|bereit|willing(?:ness)?|wohnsitz\w*|alter|arbeitsbeginn|prepared to)\b", re.IGNORECASE
)
# addressed to the applicant or about the offer, no demand on a person
_INSTRUCTION = re.compile(
    r"^\W*(?:bitte\b|please\b|bewerb|apply\b|jetzt bewerben|wir (?:bieten|freuen)|we offer|senden sie|schick"
    r"|kontakt\b"
    r"|ask for\b|send (?:us|an?|your)\b|write to\b|application\W|schreib(?:en sie)? (?:uns|an)\b"
    r"|haben wir (?:ihr|dein)|https?:|(?:ihr|dein|your|das) (?:profil|profile|bringst du mit|bringen sie mit)\W*$"
    r"|(?:anforderungen|requirements?|qualifications?|voraussetzungen)\W*$)|[?:]\s*$",
    re.IGNORECASE,
)
_NEGATION_ONLY = re.compile(r"^\W*(?:kein\w*|no|nicht|without|ohne)\b", re.IGNORECASE)


class OpenPhrase(NamedTuple):
    """`line[start:end]` names what is asked for; kind: skill, soft_skill (an attitude) or condition (a consent)."""

    start: int
    end: int
    kind: Kind


def head_phrase(line: str) -> OpenPhrase | None:
    """The phrase that names what a requirement line asks for; None for an instruction, a heading or a mere negation.

    line: one requirement. The span holds at most eight words of it, without fillers such as "Sie verfügen über".
    """
    if _INSTRUCTION.search(line) or _NEGATION_ONLY.match(line):
        return None
    bullet = _BULLET.match(line)
    first = bullet.end() if bullet else 0
    start = _without_fillers(line, first)
    span = _cut(line, start) or _cut(line, first) or _whole(line, first)
    return span and OpenPhrase(*span, _kind(line[: max(start, span[1])]))


def is_instruction(line: str) -> bool:
    """Whether a line is addressed to the applicant, is about the offer, or is a mere heading or question."""
    return line.rstrip().endswith(("?", ":")) or bool(_INSTRUCTION.match(line))


def spoken_kind(text: str) -> Kind | None:
    """The kind that the words of a phrase tell: "Kenntnisse in" a skill, "Bereitschaft" a condition; else None."""
    cue = _KNOWLEDGE_CUE.search(text + " ")
    if cue and not cue.group().lower().startswith("umgang"):
        return "skill"
    if _CONSENT.search(text):
        return "condition"
    return "soft_skill" if _ATTITUDE.search(text) else None


def open_span(line: str, start: int, end: int) -> tuple[int, int] | None:
    """What `line[start:end]`, one member of a list, asks for, without fillers; None where nothing is left."""
    text = line[:end]
    bullet = _BULLET.match(text[start:])
    begin = _without_fillers(text, start + (bullet.end() if bullet else 0))
    stop = _CLOSING.search(text, begin)
    span = _trimmed(text, begin, stop.start() if stop else end)
    if span is None or _EMPTY_PHRASE.fullmatch(text[span[0] : span[1]]) or _NOTHING.fullmatch(text[span[0] : span[1]]):
        return None
    return span


def _kind(beginning: str) -> Kind:
    cue = _KNOWLEDGE_CUE.search(beginning + " ")
    if cue and not cue.group().lower().startswith("umgang"):
        return "skill"
    if _CONSENT.search(beginning):
        return "condition"
    return "soft_skill" if _ATTITUDE.search(beginning) else "skill"


def _without_fillers(line: str, start: int) -> int:
    while start < len(line):
        filler = _FILLER.match(line[start : start + 120])
        if not filler or not filler.end():
            break
        start += filler.end()
    return start


def _cut(line: str, start: int) -> tuple[int, int] | None:
    """From start to the end of the phrase; a lone adjective or a first half of a compound takes what follows "und"."""
    end = _stop_after(line, start)
    while end < len(line):
        phrase = line[start:end].strip()
        joining = _JOINING.match(line, end)
        if not joining or not (phrase.endswith("-") or (" " not in phrase and _is_adjective(phrase))):
            break
        end = _stop_after(line, joining.end())
    span = _trimmed(line, start, end)
    return None if span and _EMPTY_PHRASE.fullmatch(line[span[0] : span[1]]) else span


def _is_adjective(word: str) -> bool:
    return word[:1].islower() or bool(re.search(r"(?:lich|isch|ig|tiv|nal|är)e[rnsm]?$", word))


def _stop_after(line: str, start: int) -> int:
    return next((m.start() for m in _STOP.finditer(line, start) if m.start() > start), len(line))


def _whole(line: str, start: int) -> tuple[int, int] | None:
    return _trimmed(line, start, len(line))


def _trimmed(line: str, start: int, end: int) -> tuple[int, int] | None:
    words = list(re.finditer(r"\S+", line[start:end]))[:_LONGEST_WORDS]
    if not words:
        return None
    begin, last = start + words[0].start(), start + words[-1].end()
    phrase = line[begin:last]
    lead = len(phrase) - len(phrase.lstrip(_EDGE))
    phrase = _TRAILING.sub("", phrase).rstrip(_EDGE)
    if len(_LETTERS.findall(phrase[lead:])) < _SHORTEST_LETTERS:
        return None
    return begin + lead, begin + len(phrase)
