"""Orders that call on a machine, or take back what it was told before, in German and English.

Belongs here: who is spoken to, and what is to be forgotten. Not here: what is to be answered (orders_to_scorers.py). A
wording needs more than its subject: people who write system prompts or test for jailbreaks are sought by honest
postings. So it asks for the imperative together with what only a reading machine could do.
"""

from typing import Final

from ty_assets.requirements.order_wording import GAP, WANTED, wording

_OVERRIDE = (
    "ignore|disregard|forget|override|overrule|bypass|skip|omit|ignorier|ignoriere|ignoriert|ignorieren sie|vergiss"
    "|vergesst"
    "|vergessen sie|missachte|missachten sie|überschreibe|überschreiben sie|umgehe|umgehen sie|übergehe"
    "|übergehen sie|verwirf"
    "|verwerfen sie|set aside|put aside|stop following|do not follow|don't follow|befolge nicht"
)
_EARLIER = (
    "previous|prior|above|earlier|preceding|foregoing|all|any|your|these|those|other|every|existing|original|system"
    "|alle|aller"
    "|allen|sämtliche|sämtlichen|bisherige|bisherigen|vorherige|vorherigen|vorige|vorigen|obige|obigen|oben"
    "|vorangegangene"
    "|vorangegangenen|vorangehenden|frühere|früheren|deine|deinen|deiner|jegliche|jeglichen|diese|diesen|dieser"
)
_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines?|context|directions?|directives?|commands?|orders|programming"
    r"|anweisung\w*|instruktion\w*|vorgaben?|regeln?|befehle?n?|aufgabenstellung|anordnung\w*|richtlinien?|kontext)\b"
)
_VOID = (
    "void|null|invalid|obsolete|cancelled|canceled|superseded|overridden|revoked|ignorieren|missachten|verwerfen"
    "|überschreiben"
    "|ungültig|hinfällig|aufgehoben"
)
OVERRIDES: Final = (
    wording(
        # "never ignore the rules" is what a careful person says
        rf"(?<!never )(?<!not )(?<!n't )(?<!n’t )\b(?:{_OVERRIDE})\W+(?:{GAP}{{0,3}}?(?:(?:{_EARLIER})\W+){{1,6}}"
        rf"(?:\w+\W+){{0,2}}?{_RULES}"
        r"|(?:the|my|die|den|das)\W+(?:system\W+)?(?:instructions?|prompts?|anweisung\w*|instruktion\w*)\b"
        r"|(?:everything|all|anything)\W+(?:that\W+)?(?:(?:is|was|stands|came)\W+)?(?:above|before this|you (?:were"
        r"|have been) told)\b"
        r"|alles\W+(?:obige|vorherige|vorangegangene|bisherige)\b|(?:alles\W+)?was\W+(?:\w+\W+){0,2}?(?:oben|davor"
        r"|zuvor|vorher)\b"
        rf"|everything else\b|(?:any|all|the|alle|die|sämtliche)\W+(?:\w+\W+)?{WANTED}(?=\W*(?:$|[.,;:!]|(?:section"
        rf"|listed|when|above"
        r"|below|here|from|oben|unten|hier|durch)\b)))",
        _OVERRIDE,
    ),
    wording(
        rf"\b(?:ersetze|entferne|streiche|replace|remove|swap)\W+(?:the|die|alle"
        rf"|all)\W+(?:\w+\W+)?{WANTED}\W+(?:durch|with|by|aus|from)\b"
        r"|\b(?:above|previous|preceding|obige|vorherige)\W+(?:text|posting|anzeige|description)\W+(?:is|was|ist"
        r"|war) (?:only|just|nur|an?|ein)\b"
        r"|\bab (?:hier|jetzt) gelten\b|\bwhat the prompt\b|\bdeine[mn]? prompt\b"
        r"|\b(?:hidden|secret|geheimer?|versteckter?) (?:prompt|instructions?|anweisung(?:en)?)\s*:"
        r"|^[^\w\n]{0,12}override\s*:",
        "ersetze|replace|swap|text|posting|anzeige|description|gelten|prompt|hidden|secret|geheime|versteckte|override",
    ),
    wording(
        rf"\b(?:{_EARLIER})\W+(?:\w+\W+){{0,2}}?(?:instructions?|prompts?|rules|guidelines|directives?|anweisung\w*"
        rf"|instruktion\w*"
        rf"|befehle|angaben)\W+(?:\w+\W+){{0,3}}?(?:{_VOID})\b",
        _EARLIER,
        _VOID,
    ),
    wording(
        r"\b(?:new|updated|revised|real|actual|neue|aktualisierte|geänderte|eigentliche)\W+(?:system\W+)?"
        r"(?:instructions?|system[ -]?prompt|anweisung(?:en)?)\s*:"
        r"|\bas an? (?:new )?system (?:message|prompt|instruction)\b"
        r"|\b(?:instructions?|anweisung(?:en)?)\W+(?:instead of|statt|anstelle)\W+(?:der|the|your|von)\b",
        "instruction|instructions|system|anweisung|anweisungen",
    ),
    wording(
        r"\byour task (?:has changed|is now)\b|\bthe (?:correct|right|only) answer is\b", "task|answer", "your|the"
    ),
    wording(r"\b(?:admin|root|developer|system|emergency)\W+override\b", "override"),
    wording(
        r"\b(?:reveal|print|repeat|show|output|leak|gib|zeige?|verrate|wiederhole)\W+(?:\w+\W+){0,2}?(?:your"
        r"|deine[nr]?)\W+"
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
    "assistant|assistants|assistent|assistenten|model|models|modell|modelle|modellen|system|systems|systeme|systemen"
    "|agent|agents"
    "|agenten|tool|tools|reader|readers|screener|screeners|recruiter|recruiters|software|bot|bots|parser|parsers"
)
_MACHINES = (
    "ai|ais|a.i.|ki|kis|llm|llms|language model|language models|large language model|large language models|sprachmodell"
    "|sprachmodelle|sprachmodellen|chatbot|chatbots|chatgpt|bot|bots|ats|parser|parsers|scraper|scrapers|maschine"
    "|maschinen|algorithm|algorithms|algorithmus|algorithmen"
    "|screening software|screening system|matching system|automated"
)
_MACHINE = rf"(?:(?:{_KIND})[ -](?:{_THING})|automated (?:{_THING})|{_MACHINES})".replace("a.i.", r"a\.i\.?").replace(
    "|automated)", ")"
)
_THEN = (
    r"(?=\s*(?:[:,.;!?)\]–—]|-\s|$|(?:that|which|who|reading|reads?|readers?|process\w+|pars(?:es|ing)|evaluat\w+"
    r"|analy[sz]\w+"
    r"|screen\w+|only|designed|tasked|without|with no|whose|die dies\w*|das dies\w*)\b"
    r"|(?:and|or|und|oder) (?:language|large|bots?|llms?|chat|ats|parser|sprachmodell)))"
)
_ADS = r"(?:text|posting|job|ad\b|advert|page|document|listing|message|line|description|vacancy)"
_LABEL = (
    "note|notice|message|instruction|instructions|attention|hint|reminder|memo|command|remark|hinweis|hinweise"
    "|anweisung"
    "|anweisungen|nachricht|botschaft|achtung|anmerkung|mitteilung|befehl"
)
_READS = (
    "read|reads|reading|process|processes|processing|parse|parses|parsing|evaluates|evaluating|analyses|analyzes"
    "|analysing"
    "|analyzing|summarizes|summarises|summarizing|summarising|scores|scoring|screens|screening"
)
_GREETING = "dear|hello|hey|hi|liebe|lieber|liebes|hallo|sehr geehrte|sehr geehrter"
_BE = "you are|act as|pretend to be|behave as|du bist|verhalte dich wie|sie sind"
_MUST = "must|should|shall|are instructed|are required|are asked|are requested|is instructed|müssen|sollen|muss|soll"
_IMPERATIVE = (
    "say|list|print|answer|ignore|rate|write|call|give|set|add|mark|return|output|treat|approve|report|sag|sage"
    "|nenne|gib|schreibe"
    "|antworte|bewerte|setze|füge|melde|ignoriere|vergiss|markiere|empfiehl"
)
ADDRESSES: Final = (
    wording(
        rf"\b(?:{_LABEL})\W+(?:(?:to|for|an|für)\W+)?(?:(?:all|any|every|each|the|alle|die|das|jede|den|automated"
        rf"|automatisierte)\W+){{0,3}}{_MACHINE}{_THEN}",
        _LABEL,
        _MACHINES + "|" + _KIND,
    ),
    wording(rf"\b(?:{_GREETING})\W+{_MACHINE}{_THEN}", _GREETING, _MACHINES + "|" + _KIND),
    wording(
        rf"(?:^[^\w\n]{{0,12}}|[.!?:]\s)(?:to|an)\W+(?:(?:all|any|every|the|alle|das|die"
        rf"|den)\W+){{0,2}}{_MACHINE}(?=\s*[:,–-])",
        "to|an",
        _MACHINES + "|" + _KIND,
    ),
    wording(rf"\b(?:{_GREETING})\W+(?:{_THING})(?=\s*[!,])", _GREETING, _THING),
    wording(
        rf"\b{_MACHINE}\s*[,:!]\s*(?:please\W+|bitte\W+)?(?:{_IMPERATIVE})\b",
        _MACHINES + "|" + _KIND,
        _IMPERATIVE,
    ),
    wording(
        rf"\b(?:only for|just for|nur für)\W+(?:die\W+|the\W+)?{_MACHINE}(?=\s*[:,–-])"
        r"|\bautomatische[nr]? auswertung\s*:"
        rf"|\bno longer an?\W+(?:{_MACHINE}|{_THING})\b",
        "only|just|nur|automatische|automatischen|automatischer|longer",
        _MACHINES + "|" + _KIND + "|" + _THING + "|auswertung",
    ),
    wording(
        r"\b(?:when|while|if|before|after)\W+(?:you\W+)?(?:summari[sz]e|summari[sz]ing|evaluat\w+|rate|rating"
        r"|pars\w+|process\w*|scor\w+)"
        r"\W+this\W+(?:job|posting|ad|text|vacancy|description|advert\w*)\b"
        r"|\b(?:wenn|falls|bevor) du\W+diese[nrs]?\W+(?:\w+\W+){0,2}?(?:zusammenfass\w*|auswerte\w*|bewerte\w*"
        r"|verarbeite\w*)\b",
        "this|diese|diesen|dieser|dieses",
        "summarise|summarize|summarising|summarizing|evaluate|evaluating|rate|rating|parse|parsing|process|processing|score"
        "|scoring|zusammenfasst|zusammenfassen|auswertest|auswerten|bewertest|bewerten|verarbeitest|verarbeiten",
    ),
    wording(
        rf"\bas an? {GAP}{{0,2}}?{_MACHINE}(?=\s*,)"
        rf"|\bals\W+(?:eine?\W+)?{_MACHINE}\W+(?:sollst|sollten|musst|müssen|wirst|darfst|bist|hast)\b",
        "as|als",
        _MACHINES + "|" + _KIND,
    ),
    wording(
        rf"\b(?:if|in case|when|as) (?:you(?:'re|’re| are)|this (?:is|text is) (?:read|processed|parsed"
        rf"|evaluated) by)\W+"
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
        rf"\b(?:{_MACHINE}|{_THING})\W+(?:(?:that|which|who)\W+)?(?:(?:is|are)\W+)?(?:{_READS})\W+this\b(?=\s*(?:$"
        rf"|[:,.;!]|{_ADS}))",
        _READS,
        "this",
        _MACHINES + "|" + _KIND + "|" + _THING,
    ),
    wording(
        rf"\b(?:{_MACHINE}|{_THING})\W+(?:die|das|der|welche[srn]?)\W+(?:diese[nrs]?"
        rf"|dies)\W+(?:\w+\W+){{0,3}}?(?:liest|lesen"
        r"|verarbeite\w*|auswerte\w*|bewerte\w*|zusammenfass\w*|analysier\w*)\b",
        "diese|diesen|dieser|dieses|dies",
        _MACHINES + "|" + _KIND + "|" + _THING,
    ),
    wording(
        rf"\b{_MACHINE}\W+(?:{_MUST})\W+[^.!?\n]{{0,50}}?\b(?:this|every|all|each|any|the|diese[nrs]?|jede[nrs]?"
        rf"|alle)\W+"
        r"(?:\w+\W+){0,2}?(?:applicants?|candidates?|postings?|jobs?|profiles?|vacanc\w+|requirements?|bewerb\w+"
        r"|kandidat\w+"
        r"|anzeige|stelle|profile?)\b"
        rf"|\b{_MACHINE}\W+(?:{_MUST})\W+(?:\w+\W+){{0,2}}?(?:no|keine|keinerlei)\W+{WANTED}",
        _MUST,
        _MACHINES + "|" + _KIND,
    ),
    wording(
        rf"\b(?:{_BE})\W+(?:(?:now|from now on|jetzt|nun|ab jetzt|an?|the|eine?|hilfreiche[rs]?|helpful|friendly"
        rf"|unrestricted)"
        rf"\W+){{0,4}}{_MACHINE}{_THEN}",
        _BE,
        _MACHINES + "|" + _KIND,
    ),
    wording(
        r"\bas an? (?:ai|a\.i\.|(?:ai |large )?language model|llm|ai (?:model|assistant|system|agent))"
        r"(?=\s*(?:[,.:;!]|$|you\b|reading|that reads))",
        "ai|i|language|llm",
        "as",
    ),
)
