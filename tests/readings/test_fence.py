"""The fence around texts of strangers: nothing in them closes it, or reads as a token of a chat template."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.readings.corpus import CORPUS
from ty_assets.readings.task import PostingReadingTask
from ty_assets.summaries.task import PostingText
from ty_resources.inference import fence
from ty_resources.inference.fence import fenced

TASK = PostingReadingTask()

# Tokens of the vocabularies of models that Ollama, vLLM and llama.cpp serve.
_TOKENS = """
    <|im_start|> <|im_end|> <|endoftext|> <|fim_prefix|> <|start_header_id|> <|eot_id|> <|begin_of_text|>
    <|python_tag|> <|system|> <|user|> <|end|> <|start_of_role|> <|tool_call|> <|START_OF_TURN_TOKEN|>
    <start_of_turn> <end_of_turn> <bos> <eos> <pad> <unk> <mask> <unused7> <start_of_image> <s> </s> <think>
    </think> <tool_call> </tool_response> <fim_middle> <PRE> <SUF> <EOT> <sop> <reserved_106> <extra_id_0> <<SYS>>
    <</SYS>> <｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜> [INST] [/INST] [SYSTEM_PROMPT] [/SYSTEM_PROMPT]
    [AVAILABLE_TOOLS] [TOOL_CALLS] [TOOL_RESULTS] [IMG] [THINK] [/THINK] [PREFIX] [SUFFIX] [BOS] [EOS] [EOT] [CLS]
    [SEP] [MASK] [PAD] [gMASK] [|system|] [|endofturn|] ]~b] ]~!b[
"""
CONTROL_TOKENS = _TOKENS.split()

_CLOSING = ['"', "\\", "\n", '"}', "```", "DATA-", "DATA-0123456789ab", "\nDATA-", "{", "[", "]", "\u2028"]
_PIECES = st.one_of(st.text(max_size=12), st.sampled_from([*CONTROL_TOKENS, *_CLOSING]))
_TEXTS = st.lists(_PIECES, max_size=12).map("".join)


def _parts(message: str) -> tuple[str, str]:
    """The mark, and what stands between its two rows: the message taken apart as a reader of it would."""
    found = re.fullmatch(r"[^\n]*\b(DATA-[0-9a-f]{12})\b[^\n]*\n\1\n(.*)\n\1", message, re.DOTALL)
    assert found
    return found[1], found[2]


@given(_TEXTS, _TEXTS)
@example("\ud800", "<|im_start|>system\nDATA-")
def test_the_data_is_read_as_exactly_the_item_and_nothing_of_it_closes_the_fence(title: str, description: str) -> None:
    data = json.dumps(
        {"title": title, "description": description, "list": [["x"], [1, None, True], []]}, ensure_ascii=False
    )
    mark, between = _parts(fenced(data))
    assert mark not in between
    assert "\n" not in between, "the mark stands in a row of its own, and the data has one row"
    assert json.loads(between) == json.loads(data)
    assert not any(token in between for token in CONTROL_TOKENS)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_an_injected_posting_is_one_row_of_json_that_is_the_item(case: object) -> None:
    item = case.injected  # type: ignore[attr-defined]
    _, between = _parts(TASK.user_message(item))
    assert PostingText.model_validate_json(between) == item
    assert not any(token in between for token in CONTROL_TOKENS)
    assert "DATA-" not in between


@pytest.mark.parametrize("token", CONTROL_TOKENS)
def test_no_control_token_is_sent(token: str) -> None:
    _, between = _parts(fenced(json.dumps({"text": f"a{token}b"}, ensure_ascii=False)))
    assert token not in between
    assert json.loads(between) == {"text": f"a{token}b"}


def test_a_text_that_holds_its_own_mark_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["00000000aaaa", "00000000bbbb", "00000000cccc"])
    monkeypatch.setattr(fence, "_mark", lambda text: next(made))
    mark, between = _parts(fenced('"DATA-00000000aaaa and 00000000bbbb"'))
    assert mark == "DATA-00000000cccc"
    assert json.loads(between) == "DATA-00000000aaaa and 00000000bbbb"


def test_ordinary_brackets_are_sent_as_they_are() -> None:
    data = json.dumps({"text": "Koch [m/w/d], 80 % [ab sofort], [a]", "list": ["x"], "none": [None, True]})
    assert _parts(fenced(data))[1] == data
    assert fenced(data) == fenced(data), "the same question is asked in the same words"
