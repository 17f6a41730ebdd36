"""Orders in a posting that are meant for the machine that reads it.

Belongs here: telling such a line from a requirement. Not here: hidden text (postings/markup.py drops it) and
what becomes of the line (the tasks leave it out and count it).
"""

import re

_ORDER = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\W+(?:\w+\W+){0,4}?"
    r"(?:instructions?|prompts?|rules|guidelines|context|directions|everything above)\b"
    r"|(?:ignorier|vergiss|missacht|überschreib|umgeh)\w*\W+(?:\w+\W+){0,4}?"
    r"(?:anweisung\w*|instruktion\w*|vorgaben|regeln|prompts?|befehle?)\b"
    r"|\bsystem[ -]?prompt\b|\bprompt injection\b|\bjailbreak\b"
    r"|<\|[\w-]*\|>|\[/?(?:INST|SYS)\]|<<\/?SYS>>|</?(?:system|assistant|user|instructions?|prompt|tool)>"
    r"|^\W*(?:system|assistant|user|human|ai|ki)(?: prompt| message)?\s*:\s*"
    r"(?:you|ignore|please|always|never|rate|from now|respond|output|return|du|bitte|immer|antworte"
    r"|bewerte)\b"
    r"|\b(?:rate|score|rank|grade|mark)\W+(?:every|each|all|any|this|these|the)\W+(?:\w+\W+){0,2}?"
    r"(?:applicants?|candidates?|profiles?|resumes?|cvs?|users?|persons?|match(?:es)?)\b"
    r"|\bbewerte\w*\W+(?:jede[nrs]?|alle|diese[nrs]?|den|die)\W+(?:\w+\W+){0,2}?(?:bewerb\w*"
    r"|kandidat\w*|profile?|match\w*)\b"
    r"|\b(?:give|assign|set|return|output|report|vergib|gib|setze)\W+(?:\w+\W+){0,6}?"
    r"(?:scores?|ratings?|match(?:ing)? (?:score|value)|punktzahl|bewertung von|höchste bewertung)\b"
    r"|\b(?:score|rating|punktzahl|match)\W+(?:of|von|to|=|:)\W*(?:100|1\.0+|10/10|max)"
    r"|\balways\W+(?:recommend|answer|apply|accept|choose)\b|\bempfiehl\W+(?:immer|jede\w*|diese\w*)\b"
    r"|\b(?:you are|act as|pretend to be|behave as)\W+(?:now\W+)?(?:an?\W+|the\W+)?"
    r"(?:ai|a\.i\.|language model|llm|chatbot|chatgpt|assistant model)\b(?!-)"
    r"|\b(?:du bist|sie sind|verhalte dich wie)\W+(?:jetzt\W+|nun\W+)?(?:eine?\W+)?(?:ki|sprachmodell"
    r"|chatbot|llm)\b(?!-)"
    r"|\bas an? (?:ai|language model|llm)\b(?!-)"
    r"|\b(?:respond|reply|answer)\W+(?:only\W+)?(?:with|in)\W+(?:json|the word|yes|\"|')"
    r"|\bantworte\W+(?:nur\W+)?(?:mit|in)\W+(?:json|ja|dem wort|\"|')"
    r"|\{\s*[\"'][\w -]{1,40}[\"']\s*:|```|\"\s*(?:requirements|score|recommendation|summary)\"\s*:",
    re.IGNORECASE,
)
# Every branch of the pattern above contains one of these; looking for them first is twenty times as fast.
_TRIGGERS = (
    "ignor", "disregard", "forget", "overrid", "bypass", "vergiss", "missacht", "überschreib", "umgeh", "prompt",
    "jailbreak", "<", "[inst", "[/inst", "[sys", "system", "assistant", "user", "human", "ai", "ki", "rate", "score",
    "rank", "grade", "mark", "bewerte", "rating", "match", "punktzahl", "bewertung", "always", "empfiehl",
    "language model", "llm", "chat", "sprachmodell", "respond", "reply", "answer", "antworte", "{", "```", '"',
)  # fmt: skip


def is_instruction(text: str) -> bool:
    """Whether a line gives orders to a reader, a scorer or a model instead of saying what a person must bring."""
    lowered = text.lower()
    return any(trigger in lowered for trigger in _TRIGGERS) and _ORDER.search(text) is not None
