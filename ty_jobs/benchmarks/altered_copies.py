"""Labelled pairs of raw postings: the same job told twice, and siblings from one template that are other jobs.

Here: how sources alter what they copy, and how employers vary a template, over generated German and English postings.
Not here: judging (ty_assets/postings), measuring (duplicates.py).
"""

import html
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ty_jobs.benchmarks.generated_postings import generate_postings

Record = dict[str, Any]


@dataclass(frozen=True)
class LabelledPair:
    """kind: what was done to the first to make the second."""

    kind: str
    same_job: bool
    first: Record
    second: Record


def labelled_pairs(n: int, seed: int = 0) -> Iterator[LabelledPair]:
    """n pairs, half of them the same job; the same for the same seed, and others for another."""
    rng = random.Random(f"altered copies {seed}")
    pool = list(generate_postings(max(20, n), seed=seed))
    for i in range(n):
        base = dict(pool[i], source="first", external_id=f"{seed}-{i}")
        other = next(
            p for p in rng.sample(pool, len(pool)) if p["title"] != base["title"] and _language(p) == _language(base)
        )
        if i % 2 == 0:
            chosen = rng.sample(sorted(_ALTERATIONS), rng.choice((1, 1, 2, 2, 3)))
            yield LabelledPair("+".join(sorted(chosen)), True, base, _altered(base, chosen, rng, i))
        else:
            kind = sorted(_VARIATIONS)[i // 2 % len(_VARIATIONS)]
            sibling = _VARIATIONS[kind](dict(base), other, rng)
            light = [rng.choice(("boilerplate", "number")), *rng.sample(("markup",), rng.choice((0, 0, 1)))]
            yield LabelledPair(kind, False, base, _altered(sibling, light, rng, i))


def _altered(record: Record, chosen: Sequence[str], rng: random.Random, number: int) -> Record:
    copy = dict(record, source="second", external_id=f"x{rng.randrange(10**8)}-{number}")
    for name in (name for name in _ORDER if name in chosen):
        copy = _ALTERATIONS[name](copy, rng)
    return copy


def _language(record: Mapping[str, Any]) -> str:
    return "de" if re.search(r"\b(?:und|wir|mit)\b", record["description"]) else "en"


def _is_german(record: Record) -> bool:
    return _language(record) == "de"


# how a copy differs

_APPLY = {
    "de": (
        "Jetzt bewerben",
        "Ihre Bewerbung richten Sie bitte an Frau {name}, {name}@bewerbung.example.org, Telefon 0221 {n}.",
        "Haben wir Ihr Interesse geweckt? Dann bewerben Sie sich über das Online-Formular.",
        "Bitte geben Sie bei Ihrer Bewerbung die Referenznummer {n} an.",
        "Diese Anzeige wurde am 12.{m:02}.2026 veröffentlicht.",
    ),
    "en": (
        "Apply now",
        "Please send your application to {name}, {name}@apply.example.org, phone +49 221 {n}.",
        "Interested? Then apply through the form on our site.",
        "Please quote reference number {n} in your application.",
        "Posted on 2026-{m:02}-12.",
    ),
}
_NAMES = ("Abel", "Brandt", "Caspari", "Dietz", "Eilers", "Faber")


def _apply_line(record: Record, rng: random.Random) -> str:
    line = rng.choice(_APPLY[_language(record)])
    return line.format(name=rng.choice(_NAMES), n=rng.randrange(10**5, 10**7), m=rng.randrange(1, 9))


def _boilerplate(record: Record, rng: random.Random) -> Record:
    before = _apply_line(record, rng) + "\n\n" if rng.random() < 0.4 else ""
    after = "\n\n" + "\n".join(_apply_line(record, rng) for _ in range(rng.randrange(1, 3)))
    return dict(record, description=before + record["description"] + after)


def _number(record: Record, rng: random.Random) -> Record:
    label = rng.choice(
        ("Kennziffer: {n}", "Referenz: {n}-A", "Job-ID: {n}") if _is_german(record) else ("Job ID: {n}", "Ref: {n}")
    )
    line = label.format(n=rng.randrange(10**4, 10**6))
    title = f"{record['title']} - {line}" if rng.random() < 0.3 else record["title"]
    return dict(record, title=title, description=f"{record['description']}\n\n{line}")


def _markup(record: Record, rng: random.Random) -> Record:
    lines = [html.escape(re.sub(r"^[•–*✓·-] ", "", line)) for line in record["description"].split("\n")]
    if rng.random() < 0.3:  # a board that shows everything as one paragraph
        return dict(record, description=" ".join(line for line in lines if line))
    tags = rng.choice((("<li>", "</li>"), ("<p>", "</p>"), ("<div>", "</div>"), ("", "<br/>")))
    return dict(record, description="<div>" + "".join(tags[0] + line + tags[1] for line in lines) + "</div>")


def _typography(record: Record, rng: random.Random) -> Record:
    text = record["description"]
    for old, new in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")) if rng.random() < 0.5 else ((" - ", " – "),):
        text = text.replace(old, new)
    text = text.replace(" und ", "\u00a0und ").replace("\n• ", "\n- ").replace("-", "‐" if rng.random() < 0.3 else "-")
    title = re.sub(
        r"\s*\((?:[mwfdx/]+|gn|all genders)\)", rng.choice((" (m/w/d)", " (gn)", "", " (d/m/w)")), record["title"]
    )
    return dict(record, title=title, description=text)


def _truncated(record: Record, rng: random.Random) -> Record:
    text = record["description"]
    return dict(record, description=text[: int(len(text) * rng.uniform(0.45, 0.9))] + rng.choice(("", "", "...", "…")))


def _typos(record: Record, rng: random.Random) -> Record:
    words = record["description"].split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 6 and word.isalpha()]
    for i in rng.sample(long, min(len(long), rng.randrange(1, 6))):
        at = rng.randrange(2, len(words[i]) - 1)
        word = words[i]
        words[i] = rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            )
        )
    return dict(record, description=" ".join(words))


def _reordered(record: Record, rng: random.Random) -> Record:
    parts = record["description"].split("\n\n")
    rng.shuffle(parts)
    return dict(record, description="\n\n".join(parts))


_AGENCY = {
    "de": (
        "Wir sind ein Personaldienstleister mit über 40 Niederlassungen und bringen seit 1998 Menschen und "
        "Unternehmen zusammen. Für unseren Kunden suchen wir im Rahmen der Direktvermittlung ab sofort Unterstützung.",
        "Als Partner des Mittelstands besetzen wir Stellen in Festanstellung. Unser Auftraggeber ist ein namhaftes "
        "Unternehmen der Region, für das wir exklusiv diese Position besetzen. Der Service ist für Sie kostenfrei.",
    ),
    "en": (
        "We are a recruitment consultancy with offices in twelve cities, and we bring people and companies together. "
        "On behalf of our client we are looking for support as soon as possible, in a permanent position.",
    ),
}


def _agency(record: Record, rng: random.Random) -> Record:
    german = _is_german(record)
    hidden = "unser Kunde" if german else "our client"
    text = record["description"].replace(record["employer"], hidden)
    title = (
        f"{record['title']} - {rng.choice(('Direktvermittlung', 'Festanstellung', 'ab sofort'))}"
        if german
        else record["title"]
    )
    name = rng.choice(("Falkenberg Personal GmbH", "Zeitwerk Personalservice", "Nordlicht Recruiting GmbH", None))
    return dict(record, title=title, employer=name, description=f"{rng.choice(_AGENCY[_language(record)])}\n\n{text}")


def _spelling(record: Record, rng: random.Random) -> Record:
    employer = re.sub(r"\s+(?:g?GmbH.*|AG|KG|e\. V\.|SE|UG|eG)$", "", record["employer"] or "")
    city = rng.choice(
        (
            f"{rng.randrange(10000, 99999)} {record['city']}",
            f"{record['city']}, {record['region']}",
            record["city"].upper(),
            None,
        )
    )
    return dict(record, employer=rng.choice((employer, employer.upper())) or None, city=city)


_ALTERATIONS: Mapping[str, Callable[[Record, random.Random], Record]] = {
    "agency": _agency,
    "boilerplate": _boilerplate,
    "markup": _markup,
    "number": _number,
    "reordered": _reordered,
    "spelling": _spelling,
    "truncated": _truncated,
    "typography": _typography,
    "typos": _typos,
}
# A text is cut before anything is put around it, and becomes markup last.
_ORDER = ("reordered", "typos", "typography", "truncated", "agency", "number", "boilerplate", "spelling", "markup")


# how a sibling differs


def _other_city(record: Record, other: Record, rng: random.Random) -> Record:
    employer = record["employer"].replace(record["city"], other["city"])
    text = record["description"].replace(record["employer"], employer).replace(record["city"], other["city"])
    city = other["city"] if other["city"] != record["city"] else "Aalen"
    return dict(record, city=city, employer=employer, description=text)


def _other_branch(record: Record, other: Record, rng: random.Random) -> Record:
    """The text names no place; only the address says it."""
    return dict(record, city=other["city"] if other["city"] != record["city"] else "Aalen")


_LEVELS = {
    "de": (
        "Senior {}",
        "Junior {}",
        "Auszubildende/r {}",
        "Teamleitung {}",
        "Werkstudent {}",
        "Stellvertretende Leitung {}",
    ),
    "en": ("Senior {}", "Junior {}", "Lead {}", "Intern {}", "Head of {}", "Trainee {}"),
}


def _other_level(record: Record, other: Record, rng: random.Random) -> Record:
    return dict(record, title=rng.choice(_LEVELS[_language(record)]).format(record["title"]))


def _other_role(record: Record, other: Record, rng: random.Random) -> Record:
    return dict(record, title=other["title"])


def _middle_lines(record: Record) -> list[str]:
    """Its tasks and requirements, or sentences of them; not how to apply."""
    lines = [line for line in re.split(r"\n|(?<=\.) ", record["description"]) if len(line.split()) > 5]
    return lines[len(lines) // 5 : len(lines) * 3 // 5] or lines[:1]


def _exchanged_lines(record: Record, other: Record, rng: random.Random) -> Record:
    """One or two lines in the middle say something else: another requirement, another task."""
    lines = record["description"].split("\n")
    middle = [i for i in range(len(lines) // 4, len(lines) - 2) if len(lines[i].split()) > 3] or [len(lines) // 2]
    for i in rng.sample(middle, min(len(middle), rng.randrange(1, 3))):
        lines[i] = rng.choice(_middle_lines(other))
    return dict(record, description="\n".join(lines))


def _another_line(record: Record, other: Record, rng: random.Random) -> Record:
    lines = record["description"].split("\n")
    place = rng.randrange(len(lines) // 4, max(len(lines) - 3, len(lines) // 4 + 1))
    lines.insert(place, rng.choice(_middle_lines(other)))
    return dict(record, description="\n".join(lines))


_NUMBER = re.compile(r"(?<![\d.,/])\b([1-9]\d?)\b(?![\d.,/])(?=\s+(?:Jahr|Stunden|Wochenstunden|hours|years|%))")


def _other_number(record: Record, other: Record, rng: random.Random) -> Record:
    """Other hours or other years asked for; where the text has none, a pay of its own."""
    found = list(_NUMBER.finditer(record["description"]))
    text = record["description"]
    if found:
        at = rng.choice(found)
        return dict(
            record, description=text[: at.start()] + str(int(at[1]) + rng.choice((2, 5, 10))) + text[at.end() :]
        )
    one, two = rng.sample((14.5, 15.8, 17.2, 19.0), 2)
    record["description"] = text.replace("\n", f" ({one} Euro)\n", 1)
    return dict(record, description=text.replace("\n", f" ({two} Euro)\n", 1), title=f"{record['title']} ab {two} Euro")


_SKILLS = {
    "de": (
        "Python",
        "Java",
        "SAP",
        "DATEV",
        "Englisch",
        "Französisch",
        "Gabelstapler",
        "Wundversorgung",
        "CNC",
        "AutoCAD",
    ),
    "en": ("Python", "Java", "SAP", "Salesforce", "French", "Polish", "Kubernetes", "AutoCAD", "Excel", "Tableau"),
}


def _other_skill(record: Record, other: Record, rng: random.Random) -> Record:
    """One word of one requirement is another; the first record is given the word to be exchanged."""
    one, two = rng.sample(_SKILLS[_language(record)], 2)
    lines = record["description"].split("\n")
    at = max(range(len(lines) // 3, max(len(lines) - 2, len(lines) // 3 + 1)), key=lambda i: len(lines[i]))
    worded = (" mit {}" if _is_german(record) else " using {}").format
    first, second = (lines[at].rstrip(".") + worded(word) for word in (one, two))
    record["description"] = "\n".join([*lines[:at], first, *lines[at + 1 :]])
    return dict(record, description="\n".join([*lines[:at], second, *lines[at + 1 :]]))


def _other_employer(record: Record, other: Record, rng: random.Random) -> Record:
    """Another house of a franchise, from the same template, in the same town."""
    return dict(
        record,
        employer=other["employer"],
        description=record["description"].replace(record["employer"], other["employer"]),
    )


def _other_posting(record: Record, other: Record, rng: random.Random) -> Record:
    return dict(other)


_VARIATIONS: Mapping[str, Callable[[Record, Record, random.Random], Record]] = {
    "another line": _another_line,
    "another posting": _other_posting,
    "other branch": _other_branch,
    "other city": _other_city,
    "other employer": _other_employer,
    "other level": _other_level,
    "other lines": _exchanged_lines,
    "other number": _other_number,
    "other role": _other_role,
    "other skill": _other_skill,
}
