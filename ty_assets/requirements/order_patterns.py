"""How orders to a machine are worded, in German and English.

Belongs here: wordings. Not here: where an order begins and ends (instructions.py), marks of prompts and answers
(prompt_marks.py), and ciphers (disguises.py). A wording needs more than its subject: people who write system prompts,
rate candidates or test for jailbreaks are sought by honest postings. So it asks for the imperative together with what
only a reading machine could do.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final, NamedTuple


class Wording(NamedTuple):
    """A pattern, and sets of lower-case words of which every text that it matches has one each: they are looked up first."""

    needs: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]


def wording(pattern: str, *needs: str) -> Wording:
    """needs: alternatives as they stand in the pattern; of each, the first word is needed."""
    words = (frozenset(_WORD.findall(one.lower())[0] for one in re.split(r"[|\s]*\|[|\s]*", need)) for need in needs)
    return Wording(tuple(words), re.compile(pattern, re.IGNORECASE | re.MULTILINE))


def find_first(text: str, wordings: Collection[Wording]) -> int | None:
    """Where the first match of any wording begins; None without one."""
    words = _words_of(text)
    starts = [
        match.start()
        for needs, pattern in wordings
        if not any(need.isdisjoint(words) for need in needs) and (match := pattern.search(text))
    ]
    return min(starts, default=None)


_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=256)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


_OVERRIDE = (
    "ignore|disregard|forget|override|overrule|bypass|skip|ignorier|ignoriere|ignoriert|ignorieren sie|vergiss|vergesst"
    "|vergessen sie|missachte|missachten sie|überschreibe|überschreiben sie|umgehe|umgehen sie|übergehe|übergehen sie|verwirf"
    "|verwerfen sie"
)
_EARLIER = (
    "previous|prior|above|earlier|preceding|foregoing|all|any|your|these|those|other|every|existing|original|system|alle|aller"
    "|allen|sämtliche|sämtlichen|bisherige|bisherigen|vorherige|vorherigen|vorige|vorigen|obige|obigen|oben|vorangegangene"
    "|vorangegangenen|vorangehenden|frühere|früheren|deine|deinen|deiner|jegliche|jeglichen|diese|diesen|dieser"
)
_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines?|context|directions?|directives?|commands?|orders|programming"
    r"|anweisung\w*|instruktion\w*|vorgaben?|regeln?|befehle?n?|aufgabenstellung|anordnung\w*|richtlinien?|kontext)\b"
)
_VOID = (
    "void|null|invalid|obsolete|cancelled|canceled|superseded|overridden|revoked|ignorieren|missachten|verwerfen|überschreiben"
    "|ungültig|hinfällig|aufgehoben"
)
_OVERRIDES: Final = (
    wording(
        # "never ignore the rules" is what a careful person says
        rf"(?<!never )(?<!not )(?<!n't )(?<!n’t )\b(?:{_OVERRIDE})\W+(?:(?:\w+\W+){{0,3}}?(?:(?:{_EARLIER})\W+){{1,6}}"
        rf"(?:\w+\W+){{0,2}}?{_RULES}"
        r"|(?:the|my|die|den|das)\W+(?:system\W+)?(?:instructions?|prompts?|anweisung\w*|instruktion\w*)\b"
        r"|(?:everything|all|anything)\W+(?:that\W+)?(?:(?:is|was|stands|came)\W+)?(?:above|before this|you (?:were|have been) told)\b"
        r"|alles\W+(?:obige|vorherige|vorangegangene|bisherige|was (?:oben|davor|zuvor|vorher) (?:steht|stand|kam|gesagt))\b)",
        _OVERRIDE,
    ),
    wording(
        rf"\b(?:{_EARLIER})\W+(?:\w+\W+){{0,2}}?(?:instructions?|prompts?|rules|guidelines|directives?|anweisung\w*|instruktion\w*"
        rf"|befehle)\W+(?:\w+\W+){{0,3}}?(?:{_VOID})\b",
        _EARLIER,
        _VOID,
    ),
    wording(
        r"\b(?:new|updated|revised|real|actual|neue|aktualisierte|geänderte|eigentliche)\W+(?:system\W+)?"
        r"(?:instructions?|system[ -]?prompt|anweisung(?:en)?)\s*:",
        "instruction|instructions|system|anweisung|anweisungen",
    ),
    wording(
        r"\b(?:reveal|print|repeat|show|output|leak|gib|zeige?|verrate|wiederhole)\W+(?:\w+\W+){0,2}?(?:your|deine[nr]?)\W+"
        r"(?:\w+\W+)?(?:instructions?|anweisungen|(?:system[ -]?)?prompts?)\b",
        "reveal|print|repeat|show|output|leak|gib|zeig|zeige|verrate|wiederhole",
        "instruction|instructions|anweisungen|prompt|prompts|systemprompt|systemprompts",
    ),
    wording(
        r"\b(?:enter|enable|activate|switch to|aktiviere)\W+(?:\w+\W+){0,2}?(?:developer|debug|god|admin|jailbreak|dan)"
        r"[ -]?mod(?:e|us)\b",
        "mode|modus",
    ),
)

# What somebody calls who wants to be read by a machine, and what may follow: "AI, ...", not "AI enthusiasts".
_KIND = "ai|a.i.|ki|llm|gpt|ats|recruiting|screening|matching"
_THING = (
    "assistant|assistants|assistent|assistenten|model|models|modell|modelle|modellen|system|systems|systeme|systemen|agent|agents"
    "|agenten|tool|tools|reader|readers|screener|screeners|recruiter|recruiters|software|bot|bots|parser|parsers"
)
_MACHINES = (
    "ai|ais|a.i.|ki|kis|llm|llms|language model|language models|large language model|large language models|sprachmodell"
    "|sprachmodelle|sprachmodellen|chatbot|chatbots|chatgpt|bot|bots|ats|parser|parsers|scraper|scrapers|maschine|maschinen"
    "|screening software|screening system|matching system|automated"
)
_MACHINE = rf"(?:(?:{_KIND})[ -](?:{_THING})|automated (?:{_THING})|{_MACHINES})".replace("a.i.", r"a\.i\.?").replace(
    "|automated)", ")"
)
_THEN = (
    r"(?=\s*(?:[:,.;!?)\]–—]|-\s|$|(?:that|which|who|reading|reads?|readers?|process\w+|pars(?:es|ing)|evaluat\w+|analy[sz]\w+"
    r"|screen\w+|only|designed|tasked|without|with no|whose|die dies\w*|das dies\w*)\b"
    r"|(?:and|or|und|oder) (?:language|large|bots?|llms?|chat|ats|parser|sprachmodell)))"
)
_ADS = r"(?:text|posting|job|ad\b|advert|page|document|listing|message|line|description|vacancy)"
_LABEL = (
    "note|notice|message|instruction|instructions|attention|hint|reminder|memo|command|remark|hinweis|hinweise|anweisung"
    "|anweisungen|nachricht|botschaft|achtung|anmerkung|mitteilung|befehl"
)
_READS = (
    "read|reads|reading|process|processes|processing|parse|parses|parsing|evaluates|evaluating|analyses|analyzes|analysing"
    "|analyzing|summarizes|summarises|summarizing|summarising|scores|scoring|screens|screening"
)
_GREETING = "dear|hello|hey|hi|liebe|lieber|liebes|hallo|sehr geehrte|sehr geehrter"
_BE = "you are|act as|pretend to be|behave as|du bist|verhalte dich wie|sie sind"
_MUST = "must|should|shall|are instructed|are required|are asked|are requested|is instructed|müssen|sollen|muss|soll"
_ADDRESSES: Final = (
    wording(
        rf"\b(?:{_LABEL})\W+(?:(?:to|for|an|für)\W+)?(?:(?:all|any|every|each|the|alle|die|das|jede|den|automated"
        rf"|automatisierte)\W+){{0,3}}{_MACHINE}{_THEN}",
        _LABEL,
        _MACHINES + "|" + _KIND,
    ),
    wording(rf"\b(?:{_GREETING})\W+{_MACHINE}{_THEN}", _GREETING, _MACHINES + "|" + _KIND),
    wording(
        rf"\b(?:if|in case|when|as) (?:you(?:'re|’re| are)|this (?:is|text is) (?:read|processed|parsed|evaluated) by)\W+"
        rf"(?:an?\W+|the\W+)?(?:\w+\W+)?{_MACHINE}{_THEN}",
        _MACHINES + "|" + _KIND,
        "if|case|when|as",
    ),
    wording(
        rf"\b(?:falls|wenn|sofern|da) (?:du|sie|ihr|dies|dieser text)\W+(?:(?:eine?|das|die|von einer)\W+)?(?:\w+\W+)?"
        rf"{_MACHINE}\W+(?:bist|sind|seid|ist|gelesen|verarbeitet|ausgewertet|diese)\b",
        "falls|wenn|sofern|da",
        _MACHINES + "|" + _KIND,
    ),
    wording(
        rf"\b(?:{_MACHINE}|{_THING})\W+(?:(?:that|which|who)\W+)?(?:(?:is|are)\W+)?(?:{_READS})\W+this\b(?=\s*(?:$|[:,.;!]|{_ADS}))",
        _READS,
        "this",
        _MACHINES + "|" + _KIND + "|" + _THING,
    ),
    wording(
        rf"\b(?:{_MACHINE}|{_THING})\W+(?:die|das|der|welche[srn]?)\W+(?:diese[nrs]?|dies)\W+(?:\w+\W+){{0,3}}?(?:liest|lesen"
        r"|verarbeite\w*|auswerte\w*|bewerte\w*|zusammenfass\w*|analysier\w*)\b",
        "diese|diesen|dieser|dieses|dies",
        _MACHINES + "|" + _KIND + "|" + _THING,
    ),
    wording(
        rf"\b{_MACHINE}\W+(?:{_MUST})\W+[^.!?\n]{{0,50}}?\b(?:this|every|all|each|any|the|diese[nrs]?|jede[nrs]?|alle)\W+"
        r"(?:\w+\W+){0,2}?(?:applicants?|candidates?|postings?|jobs?|profiles?|vacanc\w+|requirements?|bewerb\w+|kandidat\w+"
        r"|anzeige|stelle|profile?)\b",
        _MUST,
        _MACHINES + "|" + _KIND,
    ),
    wording(
        rf"\b(?:{_BE})\W+(?:(?:now|from now on|jetzt|nun|ab jetzt|an?|the|eine?|hilfreiche[rs]?|helpful|friendly|unrestricted)"
        rf"\W+){{0,4}}{_MACHINE}{_THEN}",
        _BE,
        _MACHINES + "|" + _KIND,
    ),
    wording(
        r"\bas an? (?:ai|a\.i\.|(?:ai |large )?language model|llm|ai (?:model|assistant|system|agent))"
        r"(?=\s*(?:[,.:;!]|$|you\b|reading|that reads))",
        "ai|a|language|llm",
        "as",
    ),
)

_BEST = (
    r"(?:100|99|95|10/10|1[.,]0+|ten out of ten|10 out of 10|highest|maximum|maximal\w*|max|perfect|full|top|best|excellent"
    r"|outstanding|ideal|high(?:ly)?|höchst\w*|bestnote|volle[nrs]?|beste[nrs]?|perfekt\w*|ideale?[nrs]?|sehr gut|geeignet"
    r"|hervorragend|exzellent|suitable|qualified)\b"
)
_RATED = (
    r"(?:applicants?|candidates?|profiles?|resumes?|cvs?|users?|persons?|people|match(?:es)?|postings?|jobs?|ads?|vacanc\w+"
    r"|applications?|positions?|offers?|bewerb\w*|kandidat\w*|profile?[ns]?|person\w*|stellen?|anzeigen?|stellenanzeigen?)\b"
)
_LINKS = r"(?:(?:as|with|at|an?|of|the|to|for|by|score|rating|value|mit|als|der|die|einem?r?|note)\W+){0,4}"
_MARK = (
    "score|scores|rating|ratings|grade|grades|marks|points|match|matching|matchwert|punktzahl|punkte|bewertung|recommendation"
    "|empfehlung|übereinstimmung|passung"
)
_RATE = "rate|score|rank|grade|mark|evaluate|assess|classify|label"
_GIVE = "give|assign|award|set|return|output|vergib|vergeben sie|gib|geben sie|setze|setzen sie"
_TREAT = "markier|markiere|kennzeichne|klassifiziere|stufe|behandle|betrachte|treat|consider|count"
_SCORES: Final = (
    wording(
        rf"\b(?:{_RATE})\W+(?:every|each|all|any|this|these|the)\W+(?:\w+\W+){{0,2}}?{_RATED}\W+{_LINKS}{_BEST}",
        _RATE,
        "every|each|all|any|this|these|the",
    ),
    wording(
        rf"\bbewerte\W+(?:bitte\W+)?(?:jede[nrs]?|alle|diese[nrs]?|den|die|das)\W+(?:\w+\W+){{0,5}}?{_RATED}"
        rf"|\bbewerten sie\W+(?:bitte\W+)?(?:jede[nrs]?|alle|diese[nrs]?|den|die|das)\W+(?:\w+\W+){{0,5}}?{_RATED}\W+{_LINKS}{_BEST}",
        "bewerte|bewerten",
    ),
    wording(
        rf"\b(?:{_GIVE})\W+(?:\w+\W+){{0,4}}?(?:{_RATED}\W+(?:\w+\W+){{0,2}}?)?{_BEST}\W+(?:\w+\W+){{0,2}}?(?:{_MARK})\b",
        _GIVE,
        _MARK,
    ),
    wording(
        rf"\b(?:{_GIVE})\W+(?:\w+\W+){{0,3}}?(?:{_RATED}\W+)?(?:\w+\W+){{0,3}}?(?:{_MARK})\W+(?:\w+\W+){{0,2}}?"
        rf"(?:of|to|von|auf|=|:)\W*(?:{_BEST}|apply\b|yes\b|ja\b|hire\b)",
        _GIVE,
        _MARK,
    ),
    wording(
        r"\b(?:score|rating|punktzahl|match)\W+(?:of|von|to|auf|=|:)\W*(?:100|1[.,]0+|10/10|max)"
        r"|\b(?:recommendation|empfehlung)\W*(?:to|auf|=|:)\W*[\"'„“‚]?(?:apply|hire)\b(?! \w)",
        _MARK,
    ),
    wording(
        r"\b(?:perfect(?:ly)?|100 ?%|ideal(?:ly)?|perfekt\w*)\W+(?:\w+\W+){0,2}?(?:for|with|to|für|zu|auf)\W+(?:every|all|any|each"
        rf"|jede[nrsm]?|alle)\W+(?:\w+\W+)?{_RATED}",
        "every|all|any|each|jede|jeden|jeder|jedes|jedem|alle",
        "applicant|applicants|candidate|candidates|profile|profiles|resume|resumes|cv|cvs|person|persons|people|user|users|profil"
        "|bewerber|bewerberin|bewerbung|bewerbungen|kandidat|kandidaten|kandidatin|personen",
    ),
    wording(
        rf"\b(?:{_TREAT})\W+(?:jede\w*|alle\w*|diese\w*|every|all|each|any|this)\W+(?:\w+\W+){{0,3}}?{_RATED}\W+(?:\w+\W+){{0,2}}?"
        r"(?:als|as)\b",
        _TREAT,
        "als|as",
    ),
    wording(
        r"\balways\W+(?:recommend|choose|prefer|accept|approve|select|pick)\W+(?:this|every|each|all|any|the)\W+(?:\w+\W+)?"
        r"(?:jobs?|postings?|positions?|roles?|offers?|vacanc\w+|compan\w+|applicants?|candidates?|persons?)\b"
        r"|\balways\W+(?:answer|respond|reply|say|output|return)\W+(?:with\W+)?[\"'„“]?(?:yes|apply|ja|json|100)\b",
        "always",
    ),
    wording(
        r"\bempfiehl\W+(?:immer|jede\w*|diese\w*)|\bempfehlen sie\W+(?:immer\W+)?(?:jede\w*|diese\w*)\W+"
        r"(?:stelle|job|anzeige|bewerb\w+|kandidat\w+|person)\b",
        "empfiehl|empfehlen",
    ),
    wording(
        r"\brecommend\W+(?:this|the)\W+(?:job|posting|position|vacancy|ad|offer|role)\W+(?:to\W+)?(?:everyone|everybody|every|all|any)\b",
        "recommend",
    ),
)

_WANTED = (
    r"(?:requirements?|(?:pflicht|muss-?)?anforderung\w*|voraussetzung\w*|skills?|fähigkeit\w*|kompetenz\w*|qualifi[ck]ation\w*"
    r"|facets?|facetten)\b"
)
_EMPTY = "empty|blank|leer|leere|leeren|leeres"
_ADD = "add|append|insert|inject|include|füge|ergänze|nimm|trage|setze"
_SAY = "schreib|schreibe|behaupte|melde|say|state|assume|claim|write|report|consider|treat|mention|erwähne"
_OUTPUTS: Final = (
    wording(
        rf"\b(?:list|return|output|extract|report|name|give|include)\W+(?:no|zero|none of (?:the|its))\W+(?:\w+\W+){{0,2}}?{_WANTED}",
        "list|return|output|extract|report|name|give|include",
        "no|zero|none",
    ),
    wording(
        rf"\b(?:nenne|liste|gib|führe|erfasse|extrahiere)\W+(?:\w+\W+){{0,3}}?(?:keine|keinerlei)\W+(?:\w+\W+)?{_WANTED}",
        "nenne|liste|gib|führe|erfasse|extrahiere",
        "keine|keinerlei",
    ),
    wording(
        rf"\b(?:leave|keep|lass|lasse|lassen sie|return|gib|liefere)\b[^.!?\n]{{0,60}}?\b{_WANTED}[^.!?\n]{{0,40}}?\b(?:{_EMPTY})\b"
        rf"|\b(?:return|output|respond with|answer with|gib|liefere|antworte mit)\b[^.!?\n]{{0,30}}?\b(?:{_EMPTY})\W+(?:\w+\W+)?"
        r"(?:list|liste|array|json|object|objekt|answer|antwort)\b",
        _EMPTY,
    ),
    wording(
        rf"\b(?:add|append|insert|inject)\W+[^.!?\n]{{0,80}}?\b(?:to|into)\W+(?:the|your|its|all)\W+(?:list of\W+|required\W+|critical\W+)?"
        rf"{_WANTED}(?=\W*(?:$|[.,;:!)]|list\b|array\b|and\b|as\b|of this\b|with\b|for\b))"
        r"|\b(?:add|append|insert|include|füge|ergänze|nimm|trage)\W+(?:the\W+|die\W+|das\W+|den\W+|also\W+|auch\W+)?(?:\w+\W+){0,2}?"
        r"(?:skills?|requirements?|facets?|keywords?|anforderung(?:en)?|fähigkeit(?:en)?|kompetenz(?:en)?)\s*:?\s*[\"'„“‚`]"
        rf"|\b(?:füge|ergänze|nimm|trage|setze)\W+[^.!?\n]{{0,80}}?\b(?:zu (?:den|allen|deinen|jeder)|in (?:die|deine|den)|unter|als"
        rf"|auf die liste der)\W+(?:\w+\W+){{0,2}}?{_WANTED}",
        _ADD,
    ),
    wording(
        rf"\b(?:{_SAY})\W+(?:\w+\W+){{0,3}}?(?:all|alle|every|sämtliche)\W+(?:requirements?|anforderungen)\W+(?:\w+\W+){{0,3}}?"
        rf"(?:met|fulfilled|satisfied|erfüllt)\b|\b(?:{_SAY})\b[^.!?\n]{{0,40}}?\b(?:in|im)\W+(?:the|your|der|die|deine[rn]?)\W+"
        r"(?:summary|zusammenfassung)\b",
        _SAY,
    ),
    wording(
        r"\b(?:treat|count|mark)\W+(?:\w+\W+){1,6}?as\W+(?:an?\W+)?(?:must[ -]haves?|mandatory|hard requirements?|met|fulfilled)\b",
        "treat|count|mark",
        "as",
    ),
    wording(
        r"(?:^|[.!:;,]\s*|\b(?:and|then|please|must|should|und|bitte)\W+)(?:respond|reply|answer)\W+(?:only\W+)?(?:with|in)\W+"
        r"(?:only\W+)?(?:json\b|the word|yes\b|[\"'])",
        "respond|reply|answer",
    ),
    wording(
        r"\bantworte\W+(?:nur\W+|immer\W+|ausschließlich\W+)?(?:mit|in)\W+(?:json|ja|dem wort|[\"'„])",
        "antworte",
    ),
    wording(
        r"\b(?:say|print|output|return|write|answer|sage?|schreibe|gib)\W+(?:only\W+|nur\W+|just\W+|exactly\W+)?[\"'„“‚`]apply\b",
        "apply",
    ),
    wording(
        r"\b(?:do not|don't|never) (?:mention|reveal|repeat|quote) this (?:sentence|text|instruction|note|message|line)\b",
        "mention|reveal|repeat|quote",
        "this",
    ),
    wording(r"\berwähne diese[nsr]? (?:satz|text|hinweis|anweisung|zeile|nachricht) nicht\b", "erwähne"),
    wording(
        r"\b(?:domain_gates|gap_templates|critical_skills|ideal_candidate|requirement_ordinal|nice_to_have)\b",
        "domain|gap|critical|ideal|requirement|nice",
        "gates|templates|skills|candidate|ordinal|have",
    ),
)

WORDINGS: Final[Sequence[Wording]] = (*_OVERRIDES, *_ADDRESSES, *_SCORES, *_OUTPUTS)
