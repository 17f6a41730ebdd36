"""Made-up postings in any number, for measuring throughput.

Here: the assembly of a raw posting record from the sentence patterns in phrases_de.toml and phrases_en.toml.
Not here: the hand-written sample postings (ty_jobs/samples), and anything whose quality is to be measured; a
generated posting has the look and the cost of a real one, not its meaning.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, Literal, NamedTuple

Language = Literal["de", "en"]

_FIRST_DAY = date(2026, 3, 2)
_SHORTEST = 1200  # below it, introduction and contact leave no room for tasks and requirements
_LONGEST = 100_000  # beyond it, lines that have not been written yet become rare
_BULLETS = ("• ", "- ", "– ", "* ", "✓ ", "· ")
_OPENING = 0.14  # shares of the length, about those of real advertisements
_TASKS, _REQUIREMENTS = 0.29, 0.34

_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


class _Slot(NamedTuple):
    """A place in a pattern: the name of a list, words to choose from, or bounds of a number."""

    name: str = ""
    words: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None


_Pattern = tuple[str | _Slot, ...]
_Lists = Mapping[str, Sequence[_Pattern]]


class _Style(NamedTuple):
    """How one employer lays out its advertisement."""

    bullet: str  # '' for prose
    headings: bool
    heading_mark: str
    upper: bool


def generate_postings(
    n: int, seed: int = 0, characters: int = 2000, *, day: date = _FIRST_DAY
) -> Iterator[dict[str, Any]]:
    """Yield n distinct raw postings, two German ones to each English one.

    characters: what a description comes to, within a quarter. day: the partition they were first seen on.
    Posting i depends on seed, characters, day and i only, so a longer run begins with the shorter one.
    Raises ValueError when n is negative or characters is not
    from 1,200 to 100,000.
    """
    if n < 0:
        raise ValueError(f"n: expected 0 or more postings, got {n}")
    if not _SHORTEST <= characters <= _LONGEST:
        raise ValueError(f"characters: expected from {_SHORTEST} to {_LONGEST}, got {characters}")
    return (_posting(i, seed, characters, day) for i in range(n))


def _posting(i: int, seed: int, characters: int, day: date) -> dict[str, Any]:
    rng = random.Random(f"{seed}:{i}")
    language: Language = "en" if i % 3 == 2 else "de"
    families = _families(language)
    writer = _Writer(rng, families[int(rng.random() * len(families))])
    city = writer.draw("place")
    employer = f"{writer.draw('prefix')}{writer.draw('suffix')} {city} {writer.draw('form')}"
    mailbox = "karriere" if language == "de" else "people"
    writer.fixed = {"employer": employer, "mail": f"{mailbox}{i}@jobs.example.org"}
    published = day - timedelta(days=rng.randrange(10))
    return {
        "source": "generated",
        "external_id": f"{seed}-{i}",
        "title": writer.draw("title"),
        "description": _description(writer, characters),
        "employer": employer,
        "city": city,
        "region": writer.draw("region"),
        "country": "DE",
        "remote": rng.random() < 0.2,
        "url": f"https://example.org/generated/{seed}/{i}",
        "published_on": published.isoformat(),
        "first_seen_on": day.isoformat(),
        "valid_through": (published + timedelta(days=rng.randrange(14, 90))).isoformat(),
    }


def _description(writer: "_Writer", characters: int) -> str:
    style = _style(writer.rng)
    form = "bullet" if style.bullet else "sentence"
    contact = writer.draw("contact")
    opening = " ".join(writer.lines("intro", int(characters * _OPENING)))
    wanted = int(characters * _REQUIREMENTS)
    parts = [
        opening,
        _section(writer, style, "tasks", writer.lines(f"task_{form}", int(characters * _TASKS))),
        _section(
            writer,
            style,
            "requirements",
            writer.lines(f"must_{form}", wanted * 2 // 3) + writer.lines(f"nice_{form}", wanted // 3),
        ),
    ]
    # The benefits take what is left, so that the whole comes out at its length.
    left = characters - sum(map(len, parts)) - len(contact) - 40
    parts.append(_section(writer, style, "benefits", writer.lines(f"benefit_{form}", left)))
    parts.append(_section(writer, style._replace(bullet=""), "contact", [contact]))
    return "\n\n".join(parts)


def _section(writer: "_Writer", style: _Style, name: str, lines: list[str]) -> str:
    body = "\n".join(style.bullet + line for line in lines) if style.bullet else " ".join(lines)
    if not style.headings:
        return body
    heading = writer.draw(f"heading_{name}")
    return f"{heading.upper() if style.upper else heading}{style.heading_mark}\n{body}"


def _style(rng: random.Random) -> _Style:
    return _Style(
        bullet=rng.choice(_BULLETS) if rng.random() < 0.7 else "",
        headings=rng.random() < 0.75,
        heading_mark=rng.choice(("", "", ":")),
        upper=rng.random() < 0.15,
    )


class _Writer:
    """Draws texts from one family's lists."""

    def __init__(self, rng: random.Random, lists: _Lists) -> None:
        self.rng = rng
        self.fixed: dict[str, str] = {}  # what is the same throughout the posting
        self._lists = lists
        self._written: set[str] = set()

    def draw(self, name: str) -> str:
        """One text of the list, its slots filled."""
        if name in self.fixed:
            return self.fixed[name]
        entries = self._lists[name]
        return self._render(entries[int(self.rng.random() * len(entries))])

    def lines(self, name: str, characters: int) -> list[str]:
        """Texts of this list until they come to so many characters, at least one.

        Every pattern has its turn before one comes again, and no line comes twice in a posting.
        """
        patterns = list(self._lists[name])
        self.rng.shuffle(patterns)
        lines: list[str] = []
        length = 0
        for pattern in cycle(patterns):
            if lines and length + 45 >= characters:  # half a line too long is as good as half too short
                break
            line = self._render(pattern)
            if line in self._written:
                continue
            self._written.add(line)
            lines.append(line[0].upper() + line[1:])
            length += len(line) + 2
        return lines

    def _render(self, pattern: _Pattern) -> str:
        out: list[str] = []
        for part in pattern:
            if isinstance(part, str):
                out.append(part)
                continue
            value = self._fill(part)
            for _ in range(3 if part.name else 0):  # "SQL and SQL" reads badly; a list may be short, so no more
                if value not in out:
                    break
                value = self._fill(part)
            out.append(value)
        return "".join(out)

    def _fill(self, slot: _Slot) -> str:
        if slot.bounds:
            low, high = slot.bounds
            return str(low + int(self.rng.random() * (high - low + 1)))
        if slot.words:
            return slot.words[int(self.rng.random() * len(slot.words))]
        return self.draw(slot.name)


@cache
def _families(language: Language) -> tuple[_Lists, ...]:
    """The lists of every occupation family; a family's own list goes before the common one of that name."""
    text = Path(__file__).with_name(f"phrases_{language}.toml").read_text(encoding="utf-8")
    families: dict[str, dict[str, str]] = tomllib.loads(text)
    common = families.pop("common")
    return tuple(
        {name: [_pattern(entry) for entry in _entries(value)] for name, value in (common | family).items()}
        for family in families.values()
    )


def _entries(value: str) -> list[str]:
    """One entry a line in a block, else parted by semicolons."""
    return value.strip("\n").split("\n") if "\n" in value else value.split("; ")


def _pattern(text: str) -> _Pattern:
    parts: list[str | _Slot] = []
    for index, piece in enumerate(_SLOT.split(text)):
        if index % 2 == 0:
            if piece:
                parts.append(piece)
        elif bounds := _RANGE.fullmatch(piece):
            parts.append(_Slot(bounds=(int(bounds[1]), int(bounds[2]))))
        elif "|" in piece:
            parts.append(_Slot(words=tuple(piece.split("|"))))
        else:
            parts.append(_Slot(name=piece))
    return tuple(parts)
