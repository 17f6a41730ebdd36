"""How many tokens a prompt will have, before a server counts them.

Belongs here: the estimate and what it learns. Not here: what is done with a prompt that does not fit (`questions`).
"""

import math

# German, English and JSON have 3 to 4.5 characters to a token in the vocabularies of today's models.
_FIRST, _LEAST, _MOST = 3.0, 0.5, 5.0
_CAREFUL = 0.95
_SLOWLY = 0.1
_FEWEST_TOKENS = 100  # in shorter prompts the chat template counts for too much
_TEMPLATE_TOKENS = 32


class PromptLength:
    """Characters per token of one model, learnt from what its server counted: less at once, more slowly.

    One reading more or less does no harm, so threads need not take turns.
    """

    def __init__(self) -> None:
        self.characters_per_token = _FIRST

    def tokens(self, characters: int) -> int:
        """A careful estimate: rather too many."""
        return math.ceil(characters / self.characters_per_token) + _TEMPLATE_TOKENS

    def at_least(self, characters: int) -> int:
        """Tokens that ordinary text of this length has at any rate."""
        return math.ceil(characters / _MOST)

    def learn(self, characters: int, tokens: int | None) -> None:
        """A server has counted the tokens of a prompt."""
        if tokens is None or tokens < _FEWEST_TOKENS:
            return
        seen = min(max(_CAREFUL * characters / tokens, _LEAST), _MOST)
        step = 1.0 if seen < self.characters_per_token else _SLOWLY
        self.characters_per_token += step * (seen - self.characters_per_token)

    def exceeded(self, characters: int, context_tokens: int) -> None:
        """A server has refused a prompt as too long."""
        self.characters_per_token = max(min(self.characters_per_token, characters / context_tokens), _LEAST)
