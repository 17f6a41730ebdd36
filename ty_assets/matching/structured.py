"""Credit for what is met by a level, a field or years, and not by wording: languages, degrees, experience.

Belongs here: the rules of these kinds. Not here: what is compared by wording (`nearest.py`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.demands import Demands
from ty_assets.matching.person import Person
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import CEFR

# "German" without a level asks for independent use.
DEFAULT_CEFR = CEFR["B1"]
# One step below the level asked for is half a credit, two steps are none.
CREDIT_PER_CEFR_STEP = 0.5

# Another training or degree of the same field and level: most postings add "or comparable".
COMPARABLE_DEGREE = 0.6


def language_levels(demands: Demands, texts: Texts, person: Person) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Demands for a language, and by how many CEFR steps the person falls short (<= 0: enough)."""
    rows = demands.rows("language")
    spoken = np.zeros(len(texts.hashes), dtype=np.int8)
    at = texts.find(person.language_hashes)
    np.maximum.at(spoken, at[at >= 0], person.language_levels[at >= 0])
    asked = np.where(demands.cefr[rows] > 0, demands.cefr[rows], DEFAULT_CEFR).astype(np.int64)
    return rows, asked - spoken[demands.text[rows]]


def degree_credit(
    demands: Demands, texts: Texts, person: Person, own: NDArray[np.bool_], credit: NDArray[np.float32]
) -> None:
    """The very degree, or a comparable one: high enough, and in a field of the person where one is named."""
    rows = demands.rows("degree")
    text = demands.text[rows]
    held = np.zeros(len(texts.hashes), dtype=bool)
    degrees = np.array([skill.kind == "degree" for skill in person.profile.skills], dtype=bool)
    at = texts.find(person.hashes[degrees])
    held[at[at >= 0]] = True
    domain = texts.domain[text]
    high_enough = person.profile.degree_level >= np.maximum(demands.level[rows], 1)
    comparable = np.where(domain != 0, own[domain] * COMPARABLE_DEGREE, 1.0) * high_enough
    credit[rows] = np.where(held[text], 1.0, comparable)


def career_credit(demands: Demands, texts: Texts, person: Person, own: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(X,) what the career alone earns of each demand for experience: the years' share, where they were spent on it.

    Experience in general is met by any career; experience in a field by a career in that field (its domain)
    or by a skill that says it, with that skill's own years where the profile tells them. All skills are
    tried, not only the nearest: a nearer one with fewer years must not hide one that does.
    """
    rows = demands.rows("experience")
    text = demands.text[rows]
    anywhere = texts.general_experience[text] | own[texts.domain[text]]
    has_worked = person.profile.years > 0 or bool(person.profile.jobs)
    return share_of_years(person.profile.years, demands.years[rows]) * (anywhere & has_worked)


def share_of_years(years: Any, asked: NDArray[np.float32]) -> NDArray[np.float32]:
    """The years' share of those that are asked for, at most 1; 1 where none are."""
    known = np.where(asked > 0, asked, np.float32(1.0))  # NaN, not stated, is not above 0
    share = np.minimum(np.asarray(years, dtype=np.float32) / known, np.float32(1.0))
    return np.where(asked > 0, share, np.float32(1.0))


def own_domain(texts: Texts, person: Person) -> NDArray[np.bool_]:
    """Which of the texts' domains are the person's."""
    return np.array([name != "" and name in person.profile.domains for name in texts.domain_names], dtype=bool)
