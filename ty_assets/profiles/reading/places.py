"""Whether a few words can only be a place.

Belongs here: large towns, countries, and the shape of what stands behind an employer. Not here: addresses (address.py),
and the towns of postings (a catalogue that takes longer to load than a CV to read).
"""

import re

from ty_assets.profiles.reading.wording import employer_weight, position_weight, school_weight, study_weight

_TOWNS = """
    berlin hamburg münchen köln frankfurt stuttgart düsseldorf leipzig dortmund essen bremen dresden hannover
    nürnberg duisburg bochum wuppertal bielefeld bonn münster mannheim karlsruhe augsburg wiesbaden mönchengladbach
    gelsenkirchen aachen braunschweig chemnitz kiel halle magdeburg freiburg krefeld mainz lübeck erfurt oberhausen
    rostock kassel hagen potsdam saarbrücken hamm ludwigshafen oldenburg mülheim osnabrück leverkusen heidelberg
    solingen darmstadt herne neuss regensburg paderborn ingolstadt offenbach würzburg fürth ulm heilbronn pforzheim
    wolfsburg göttingen bottrop reutlingen koblenz erlangen bremerhaven remscheid trier jena salzgitter cottbus gera
    siegen hildesheim konstanz passau bamberg bayreuth tübingen weimar zwickau schwerin görlitz wien graz linz
    salzburg innsbruck zürich basel bern genf lausanne luzern london manchester birmingham leeds glasgow edinburgh
    bristol liverpool sheffield cardiff belfast nottingham cambridge oxford brighton dublin cork paris amsterdam
    brussels brüssel madrid barcelona rome milan vienna munich cologne zurich geneva prague warsaw copenhagen
    stockholm oslo helsinki lisbon remote boston chicago seattle austin denver toronto sydney melbourne singapore
    hybrid deutschland germany österreich schweiz uk usa
"""
_STATES = """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR
    PA RI SC SD TN TX UT VT VA WA WV WI WY DC UK ON QC BC
"""
_KNOWN = frozenset(_TOWNS.split())
_KNOWN_STATES = frozenset(_STATES.split())
_PLACE = re.compile(r"^[A-ZÄÖÜ][\w.’'/-]+(?:\s(?:am|an der|im|in der|a\.|ob der|bei)?\s?[A-ZÄÖÜ(][\w.’')-]+){0,2}$")


def is_place(text: str) -> bool:
    """Whether the words can only be a place: "Berlin", "London, UK", "04109 Leipzig"."""
    bare = re.sub(r"\b(?:D-)?\d{4,5}\b", "", text).strip(" ()")
    parts = [part.strip() for part in re.split(r"[,/]", bare) if part.strip()]
    if not parts or len(parts) > 3 or not all(_place_like(part) for part in parts):
        return False
    # before a known place at the end stands a quarter or a smaller town, which is one word
    return _known_place(parts[0]) or (any(_known_place(part) for part in parts) and len(parts[0].split()) == 1)


def looks_like_place(text: str) -> bool:
    """Whether the words behind an employer may be its place though we do not know it."""
    return (
        bool(_PLACE.match(text))
        and len(text.split()) <= 4
        and not (employer_weight(text) or position_weight(text) or study_weight(text) or school_weight(text))
    )


def _known_place(part: str) -> bool:
    return part in _KNOWN_STATES or part.split()[0].casefold() in _KNOWN or part.casefold() in _KNOWN


def _place_like(part: str) -> bool:
    return (
        _known_place(part)
        or bool(re.fullmatch(r"[A-Z]{2}", part))
        or (bool(_PLACE.match(part)) and not employer_weight(part) and not position_weight(part))
    )
