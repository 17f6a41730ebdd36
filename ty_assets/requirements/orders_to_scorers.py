"""Orders about what is to be answered: scores, recommendations, lists of requirements; in German and English.

Belongs here: what is demanded of an analysis. Not here: whom it is demanded of (orders_to_machines.py). A wording
needs more than its subject: people who rate candidates or write down requirements are sought by honest postings. So
it asks for the imperative together with a result that only a reading machine could give.
"""

from typing import Final

from ty_assets.requirements.order_wording import GAP, WANTED, wording

_BEST = (
    r"(?:100|99|95|10/10|1[.,]0+|ten out of ten|10 out of 10|highest|maximum|maximal\w*|max|perfect|full|top|best"
    r"|excellent"
    r"|outstanding|ideal|high(?:ly)?|höchst\w*|bestnote|volle[nrs]?|beste[nrs]?|perfekt\w*|ideale?[nrs]?|sehr gut"
    r"|geeignet"
    r"|hervorragend|exzellent|suitable|qualified)\b"
)
_RATED = (
    r"(?:applicants?|candidates?|profiles?|resumes?|cvs?|users?|persons?|people|match(?:es)?|postings?|jobs?|ads?"
    r"|vacanc\w+"
    r"|applications?|positions?|offers?|bewerb\w*|kandidat\w*|profile?[ns]?|person\w*|stellen?|anzeigen?"
    r"|stellenanzeigen?)\b"
)
_LINKS = r"(?:(?:as|with|at|an?|of|the|to|for|by|score|rating|value|mit|als|der|die|einem?r?|note)\W+){0,4}"
_MARK = (
    "score|scores|rating|ratings|grade|grades|marks|points|match|matching|matchwert|punktzahl|punkte|bewertung"
    "|recommendation"
    "|empfehlung|übereinstimmung|passung"
)
_RATE = "rate|score|rank|grade|mark|evaluate|assess|classify|label"
_GIVE = "give|assign|award|set|return|output|vergib|vergeben sie|gib|geben sie|setze|setzen sie"
_TREAT = "markier|markiere|kennzeichne|klassifiziere|stufe|behandle|betrachte|treat|consider|count"
SCORES: Final = (
    wording(
        rf"\b(?:{_RATE})\W+(?:every|each|all|any|this|these|the)\W+(?:\w+\W+){{0,2}}?{_RATED}\W+{_LINKS}{_BEST}",
        _RATE,
        "every|each|all|any|this|these|the",
    ),
    wording(
        rf"\bbewerte\W+(?:bitte\W+)?(?:jede[nrs]?|alle|diese[nrs]?|den|die|das)\W+(?:\w+\W+){{0,5}}?{_RATED}"
        rf"|\bbewerten sie\W+(?:bitte\W+)?(?:jede[nrs]?|alle|diese[nrs]?|den|die"
        rf"|das)\W+(?:\w+\W+){{0,5}}?{_RATED}\W+{_LINKS}{_BEST}",
        "bewerte|bewerten",
    ),
    wording(
        rf"\b(?:{_GIVE})\W+{GAP}{{0,4}}?(?:{_RATED}\W+{GAP}{{0,2}}?)?{_BEST}\W+{GAP}{{0,2}}?(?:{_MARK})\b",
        _GIVE,
        _MARK,
    ),
    wording(
        rf"\b(?:{_GIVE})\W+{GAP}{{0,4}}?(?:höchst(?:note|punktzahl|wert\w*)|bestnote|maximalpunktzahl)\b"
        r"|\b100? (?:von|out of) 100? (?:punkte\w*|points)\b|\b\w+_score\b",
        "höchstnote|höchstpunktzahl|höchstwert|höchstwertung|bestnote|maximalpunktzahl|100|10|score",
    ),
    wording(
        rf"\b(?:raise|boost|increase|maximi[sz]e|erhöhe|maximiere|hebe)\W+{GAP}{{0,2}}?(?:{_MARK}|rank|ranking|job"
        rf"|posting)\b"
        r"(?=[^.!?\n]{0,40}?\b(?:this|dieser|job|posting|anzeige|rank|maximum|100)\b)"
        r"|\b(?:score|punktzahl|bewertung|rating)\W+(?:immer|always|stets)\W+100\b",
        _MARK + "|rank|ranking|job|posting",
        "raise|boost|increase|maximise|maximize|erhöhe|maximiere|hebe|immer|always|stets",
    ),
    wording(
        rf"\b(?:jede[nrs]?|alle)\W+(?:\w+\W+)?{_RATED}\W+(?:\w+\W+)?als\W+(?:\w+\W+){{0,2}}?"
        r"(?:geeignet|perfekt|ideal|passend|qualifiziert)\W+(?:ein\b|einstuf\w+|bewert\w+|markier\w+|kennzeichn\w+"
        r"|betracht\w+)",
        "geeignet|perfekt|ideal|passend|qualifiziert",
        "als",
    ),
    wording(
        rf"\b(?:consider|treat|regard|view)\W+(?:every|each|all"
        rf"|any)\W+(?:\w+\W+)?{_RATED}\W+(?:as\W+)?(?:an?\W+)?(?:\w+\W+)?"
        r"(?:fit|match|suitable|qualified)\b|\b(?:approve|hire|recommend)\W+(?:everyone|everybody)\b"
        r"|\ball (?:candidates|applicants) pass\b",
        "fit|match|suitable|qualified|everyone|everybody|pass",
    ),
    wording(
        rf"\b(?:{_GIVE})\W+{GAP}{{0,3}}?(?:{_RATED}\W+)?{GAP}{{0,3}}?(?:{_MARK})\W+(?:\w+\W+){{0,2}}?"
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
        r"\b(?:perfect(?:ly)?|100 ?%|ideal(?:ly)?|perfekt\w*)\W+(?:\w+\W+){0,2}?(?:for|with|to|für|zu"
        r"|auf)\W+(?:every|all|any|each"
        rf"|jede[nrsm]?|alle)\W+(?:\w+\W+)?{_RATED}",
        "every|all|any|each|jede|jeden|jeder|jedes|jedem|alle",
        "applicant|applicants|candidate|candidates|profile|profiles|resume|resumes|cv|cvs|person|persons|people|user"
        "|users|profil"
        "|bewerber|bewerberin|bewerbung|bewerbungen|kandidat|kandidaten|kandidatin|personen",
    ),
    wording(
        rf"\b(?:{_TREAT})\W+(?:jede\w*|alle\w*|diese\w*|every|all|each|any"
        rf"|this)\W+(?:\w+\W+){{0,3}}?{_RATED}\W+(?:\w+\W+){{0,2}}?"
        r"(?:als|as)\b",
        _TREAT,
        "als|as",
    ),
    wording(
        r"\balways\W+(?:recommend|choose|prefer|accept|approve|select|pick)\W+(?:this|every|each|all|any"
        r"|the)\W+(?:\w+\W+)?"
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
        r"\brecommend\W+(?:this|the)\W+(?:job|posting|position|vacancy|ad|offer|role)\W+(?:to\W+)?(?:everyone"
        r"|everybody|every|all|any)\b",
        "recommend",
    ),
)

_EMPTY = "empty|blank|leer|leere|leeren|leeres"
_ADD = "add|append|insert|inject|include|füge|ergänze|nimm|trage|setze"
_SAY = "schreib|schreibe|behaupte|melde|say|state|assume|claim|write|report|consider|treat|mention|erwähne"
OUTPUTS: Final = (
    wording(
        rf"\b(?:list|return|output|extract|report|name|give|include)\W+(?:no|zero|none of (?:the"
        rf"|its))\W+(?:\w+\W+){{0,2}}?{WANTED}",
        "list|return|output|extract|report|name|give|include",
        "no|zero|none",
    ),
    wording(
        rf"\b(?:nenne|liste|gib|führe|erfasse|extrahiere)\W+(?:\w+\W+){{0,3}}?(?:keine"
        rf"|keinerlei)\W+(?:\w+\W+)?{WANTED}",
        "nenne|liste|gib|führe|erfasse|extrahiere",
        "keine|keinerlei",
    ),
    wording(
        rf"\b(?:leave|keep|lass|lasse|lassen sie|return|gib"
        rf"|liefere)\b[^.!?\n]{{0,60}}?\b{WANTED}[^.!?\n]{{0,40}}?\b(?:{_EMPTY})\b"
        rf"|\b(?:return|output|respond with|answer with|gib|liefere"
        rf"|antworte mit)\b[^.!?\n]{{0,30}}?\b(?:{_EMPTY})\W+(?:\w+\W+)?"
        r"(?:list|liste|array|json|object|objekt|answer|antwort)\b",
        _EMPTY,
    ),
    wording(
        rf"\b(?:add|append|insert|inject)\W+[^.!?\n]{{0,80}}?\b(?:to|into)\W+(?:the|your|its|all)\W+(?:list of\W+"
        rf"|required\W+|critical\W+)?"
        rf"{WANTED}(?=\W*(?:$|[.,;:!)]|list\b|array\b|and\b|as\b|of this\b|with\b|for\b))"
        r"|\b(?:add|append|insert|include|füge|ergänze|nimm|trage)\W+(?:the\W+|die\W+|das\W+|den\W+|also\W+"
        r"|auch\W+)?(?:\w+\W+){0,2}?"
        r"(?:skills?|requirements?|facets?|keywords?|anforderung(?:en)?|fähigkeit(?:en)?"
        r"|kompetenz(?:en)?)\s*:?\s*[\"'„“‚`]"
        rf"|\b(?:füge|ergänze|nimm|trage|setze)\W+[^.!?\n]{{0,80}}?\b(?:(?:zu|bei) (?:den|allen|deinen|jeder)"
        rf"|in (?:die|deine|den)|unter|als"
        rf"|auf die liste der)\W+(?:\w+\W+){{0,2}}?{WANTED}",
        _ADD,
    ),
    wording(
        rf"\b(?:{_SAY})\W+(?:\w+\W+){{0,3}}?(?:all|alle|every|sämtliche)\W+(?:requirements?"
        rf"|anforderungen)\W+(?:\w+\W+){{0,3}}?"
        rf"(?:met|fulfilled|satisfied|erfüllt)\b"
        rf"|(?:^[^\w\n]{{0,12}}|[.!:;,]\s|\b(?:and|then|please|und|bitte)\s)(?:{_SAY})\W+(?:that|dass)\W+(?:no|all"
        rf"|every|none|any|alle|keine)\b"
        rf"|\b(?:{_SAY})\b[^.!?\n]{{0,40}}?\b(?:in|im)\W+(?:the|your|der|die|deine[rn]?)\W+"
        r"(?:summary|zusammenfassung)\b",
        _SAY,
    ),
    wording(
        rf"\b(?:do not|don't)\W+(?:(?:extract|list|mention|include|report|summari[sz]e|name)\W+)(?:any|the|all)\W+"
        rf"(?:\w+\W+)?{WANTED}(?=\W*(?:$|[.,;:!]|section|when|from|in|of))"
        rf"|\b(?:lass|lasse)\W+(?:bitte\W+)?(?:die|alle)\W+(?:\w+\W+)?{WANTED}\W+(?:\w+\W+)?weg\b"
        r"|\b(?:respond|answer|reply) as if\b|\bextracted (?:skills|requirements|facets)\b",
        "do|don|lass|lasse|respond|answer|reply|extracted",
    ),
    wording(
        r"\b(?:treat|count|mark)\W+(?:\w+\W+){1,6}?as\W+(?:an?\W+)?(?:must[ -]haves?|mandatory|hard requirements?"
        r"|met|fulfilled)\b",
        "treat|count|mark",
        "as",
    ),
    wording(
        r"(?:^|[.!:;,]\s*|\b(?:and|then|please|must|should|und|bitte)\W+)(?:respond|reply"
        r"|answer)\W+(?:only\W+)?(?:with|in)\W+"
        r"(?:only\W+)?(?:json\b|the word|yes\b|[\"'])",
        "respond|reply|answer",
    ),
    wording(
        r"\bantworte\W+(?:(?:nur|immer|ausschließlich|als)\b|(?:mit|in)\W+(?:json|ja|dem wort|[\"'„]))", "antworte"
    ),
    wording(
        rf"\bals (?:einzige|einziges)\W+{WANTED}|\bbitte\b[^.!?\n]{{0,40}}?\b(?:als|so|mit)\b[^.!?\n]{{0,30}}?"
        r"\b(?:ausgeben|eintragen|einstufen|werten|bewerten)\b|\bamong the (?:must-haves|requirements|skills)\b",
        "einzige|einziges|bitte|among",
    ),
    wording(
        r"\b(?:say|print|output|return|write|answer|sage?|schreibe|gib)\W+(?:only\W+|nur\W+|just\W+"
        r"|exactly\W+)?[\"'„“‚`]apply\b",
        "apply",
    ),
    wording(
        r"\b(?:do not|don't|never) (?:mention|reveal|repeat|quote) this (?:sentence|text|instruction|note|message"
        r"|line)\b",
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
