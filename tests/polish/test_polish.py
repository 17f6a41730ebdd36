"""A polished letter says nothing that its draft does not: not a number, not a name, not a skill."""

import pytest

from ty_assets.polish.store import draft_hash
from ty_assets.polish.task import LetterDraft, PolishedLetter, PolishTask

TASK = PolishTask()
DRAFT = LetterDraft(
    language="de",
    sentences=(
        "Sehr geehrte Damen und Herren,",
        "Seit 2019 arbeite ich als Pflegefachkraft bei Klinik am See.",
        "Zu meiner Arbeit als Pflegefachkraft bei Klinik am See gehörte Wundversorgung.",
    ),
)
ENGLISH = LetterDraft(
    language="en", sentences=("Since 2019 my position has been nurse at Lakeside.", "My skills include wound care.")
)


def verified(draft: LetterDraft, *sentences: str) -> tuple[tuple[str, ...], int]:
    said, new = TASK.verify(draft, PolishedLetter(sentences=list(sentences)))
    return tuple(said.sentences), new


def test_the_same_facts_in_other_words_stand() -> None:
    smoother = (
        DRAFT.sentences[0],
        "Als Pflegefachkraft arbeite ich seit 2019 bei Klinik am See.",
        "Dabei gehörte auch die Wundversorgung zu meiner Arbeit.",
    )
    assert verified(DRAFT, *smoother) == (smoother, 0)
    other = ("I have been working as a nurse at Lakeside since 2019.", "I also bring skills in wound care.")
    assert verified(ENGLISH, *other) == (other, 0)


@pytest.mark.parametrize(
    "third",
    [
        "Zu meiner Arbeit gehörte seit 2015 die Wundversorgung.",
        "Zu meiner Arbeit bei Charité gehörte Wundversorgung.",
        "Zu meiner Arbeit gehörten Wundversorgung und Dialyse.",
        "Zu meiner Arbeit gehörte leidenschaftliche Wundversorgung.",
        "Zu meiner Arbeit gehörte keine Wundversorgung.",
        "Seit 2019 gehörte zu meiner Arbeit Wundversorgung.",
        "",
        "Zu meiner Arbeit gehörte Wundversorgung " + "und Wundversorgung " * 20,
    ],
    ids=["number", "name", "skill", "praise", "negation", "a fact of another sentence", "nothing", "endless"],
)
def test_one_sentence_with_anything_new_and_the_draft_stays(third: str) -> None:
    assert verified(DRAFT, DRAFT.sentences[0], DRAFT.sentences[1], third) == (DRAFT.sentences, 1)


def test_a_skill_of_small_letters_is_no_less_new() -> None:
    assert verified(ENGLISH, ENGLISH.sentences[0], "My skills include wound care and phlebotomy.")[1] == 1


@pytest.mark.parametrize("count", [2, 4])
def test_a_letter_of_more_or_fewer_sentences_is_not_the_same_letter(count: int) -> None:
    sentences = (*DRAFT.sentences, DRAFT.sentences[2])[:count]
    assert verified(DRAFT, *sentences)[0] == DRAFT.sentences


def test_the_rules_leave_the_draft_as_it_is() -> None:
    (said,) = TASK.extract([DRAFT], lambda texts: pytest.fail("nothing is encoded"))
    assert tuple(said.sentences) == DRAFT.sentences


def test_a_polished_letter_goes_with_the_words_of_its_draft() -> None:
    sentences = [{"text": text, "paragraph": 0, "sources": []} for text in DRAFT.sentences]
    moved = [{**sentence, "paragraph": 1} for sentence in sentences]
    assert draft_hash(sentences) == draft_hash(moved)
    assert draft_hash(sentences) != draft_hash(sentences[:2])
