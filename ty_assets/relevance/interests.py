"""What people here look for, all of them as one: so that a posting is compared once, however many they are.

Belongs here: putting people together. Not here: comparing (ty_assets/matching), and what follows (relevance.py).
"""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.person import Person
from ty_assets.matching.views import CEFR, Job, ProfileSkill, ProfileView

_NOBODY = UUID(int=0)
_DIGITS = 5  # of a KldB code
_LEVEL = {level: name for name, level in CEFR.items()}


def everybody_as_one(people: Sequence[Person], dimension: int) -> list[Person]:
    """All people as one person, or two: those whose occupation has a code, and those who are known by titles alone.

    Each has all titles, skills, languages and codes of its people, each once, with the most that anybody has of it. A
    score never falls when a skill, a title or a year is added, so for every posting the better of the two scores is at
    least that of anybody; where it is higher, that is the side to err on. Apart, because a code that is far from a
    posting's speaks against a title that is near, and somebody else's code must not.
    """
    coded = [one for one in people if any(len(code) == _DIGITS for code in one.profile.kldb)]
    others = [one for one in people if one not in coded]
    return [_as_one(group, dimension) for group in (coded, others) if group]


def _as_one(people: Sequence[Person], dimension: int) -> Person:
    skills: dict[bytes, ProfileSkill] = {}
    titles: dict[bytes, str] = {}
    vectors: dict[bytes, NDArray[np.floating]] = {}
    languages: dict[str, int] = {}
    for one in people:
        for skill, vector in zip(one.profile.skills, one.vectors, strict=True):
            known = skills.get(skill.text_hash)
            if known is None or skill.trust > known.trust:
                skills[skill.text_hash] = skill
            if vector.any():
                vectors[skill.text_hash] = vector
        for (title, _), key, vector in zip(one.profile.titles(), one.title_hashes, one.title_vectors, strict=True):
            titles.setdefault(bytes(key), title)
            if vector.any():
                vectors[bytes(key)] = vector
        for term, level in one.profile.spoken().items():
            languages[term] = max(languages.get(term, 0), level)
    profiles = [one.profile for one in people]
    whole = ProfileView(
        profile_id=_NOBODY,
        domains=frozenset().union(*(p.domains for p in profiles)),
        kldb=tuple(sorted({code for p in profiles for code in p.kldb})),
        level=max((p.level for p in profiles if p.level is not None), default=None),
        years=max((p.years for p in profiles), default=0.0),
        degree_level=max((p.degree_level for p in profiles), default=0),
        languages={term: _LEVEL[level] for term, level in languages.items()},
        skills=tuple(skills[key] for key in sorted(skills)),
        jobs=tuple(Job(titles[key]) for key in sorted(titles)),
    )
    return Person.of(whole, vectors, dimension)
