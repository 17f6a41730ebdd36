"""One person as arrays: the other side of the matrix product.

Belongs here: which of a profile's texts are compared, and with which vectors. Not here: scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.texts import HASH
from ty_assets.matching.title_words import plain_title
from ty_assets.matching.views import ProfileView
from ty_assets.postings.normalise import text_hash

# Kinds that are met by level or not at all; the closeness of their wording proves nothing.
STRUCTURED = frozenset({"language", "degree", "condition"})


@dataclass(frozen=True, eq=False)
class Person:
    """S skills, T titles. What follows from these alone is worked out once, not at every match."""

    profile: ProfileView
    hashes: NDArray[np.bytes_]  # (S,) S16, in the profile's order
    vectors: NDArray[np.float32]  # (S, d) unit length; zero where the kind is structured or no vector is known
    trust: NDArray[np.float32]  # (S,) in [0, 1], factor on what the skill earns
    years: NDArray[np.float32]  # (S,) of each skill; the whole career where the profile does not say
    language_hashes: NDArray[np.bytes_]  # S16
    language_levels: NDArray[np.int8]  # 1 A1 .. 6 C2
    title_hashes: NDArray[np.bytes_]  # (T,) S16
    title_vectors: NDArray[np.float32]  # (T, d)
    title_weights: NDArray[np.float32]  # (T,)

    @cached_property
    def compared(self) -> NDArray[np.bool_]:
        """(S,) the skills that are compared by wording."""
        return np.array([skill.kind not in STRUCTURED for skill in self.profile.skills], dtype=bool)

    @cached_property
    def trusted_alike(self) -> list[tuple[float, NDArray[np.int64]]]:
        """The skills that are compared by wording, by their trust, the greatest first.

        Only within one degree of trust (there are two or three) credit rises with the cosine.
        """
        return [
            (float(trust), np.flatnonzero(self.compared & (self.trust == trust)))
            for trust in np.unique(self.trust[self.compared])[::-1]
        ]

    @cached_property
    def narrower(self) -> tuple[list[int], NDArray[np.bytes_]]:
        """The terms that a skill has in it, by hash, and the skill of each; in the order of the skills."""
        found = [(i, key) for i, skill in enumerate(self.profile.skills) for key in _hashes_covered(skill.term)]
        return [skill for skill, _ in found], np.array([key for _, key in found], dtype=HASH)

    @cached_property
    def titles_alike(self) -> list[tuple[np.float32, NDArray[np.float32]]]:
        """Weight and vectors of the titles that weigh alike, the least first."""
        weights = self.title_weights
        return [(weight, self.title_vectors[weights == weight]) for weight in np.unique(weights)]

    @classmethod
    def of(cls, profile: ProfileView, vector_of: Mapping[bytes, NDArray[np.floating]], dimension: int) -> "Person":
        """`vector_of`: text hash -> (dimension,) of unit length. A text without one meets only its equals."""
        nothing = np.zeros(dimension, dtype=np.float32)

        def matrix(hashes: list[bytes]) -> NDArray[np.float32]:
            rows = [np.asarray(vector_of.get(key, nothing), dtype=np.float32) for key in hashes]
            return np.stack(rows) if rows else np.zeros((0, dimension), dtype=np.float32)

        skills = profile.skills
        titles = [(text_hash(plain_title(title)), weight) for title, weight in profile.titles()]
        spoken = profile.spoken()
        vectors = matrix([b"" if skill.kind in STRUCTURED else skill.text_hash for skill in skills])
        years = [profile.years if skill.years is None else skill.years for skill in skills]
        return cls(
            profile=profile,
            hashes=np.array([skill.text_hash for skill in skills], dtype=HASH),
            vectors=vectors,
            trust=np.array([skill.trust for skill in skills], dtype=np.float32),
            years=np.array(years, dtype=np.float32),
            language_hashes=np.array([text_hash(term) for term in spoken], dtype=HASH),
            language_levels=np.array(list(spoken.values()), dtype=np.int8),
            title_hashes=np.array([key for key, _ in titles], dtype=HASH),
            title_vectors=matrix([key for key, _ in titles]),
            title_weights=np.array([weight for _, weight in titles], dtype=np.float32),
        )


@lru_cache(maxsize=4096)
def _hashes_covered(term: str) -> tuple[bytes, ...]:
    return tuple(text_hash(narrower) for narrower in sorted(vocabulary().covers(term)))


def texts_to_encode(profile: ProfileView) -> dict[bytes, str]:
    """Text hash -> text of everything whose vector a profile's matching needs, each once."""
    wanted = {skill.text_hash: skill.term for skill in profile.skills if skill.kind not in STRUCTURED}
    for title, _ in profile.titles():
        cleaned = plain_title(title)
        wanted.setdefault(text_hash(cleaned), cleaned)
    return wanted
