import base64

import pytest

from ty_resources.inference.base_urls import base_urls
from ty_resources.settings import SettingsError


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("localhost:11434", "http://localhost:11434"),
        ("gpu", "http://gpu:11434"),
        (" http://gpu:11434/ ", "http://gpu:11434"),
        ("https://models.example/ollama/", "https://models.example/ollama"),
        ("http://gpu", "http://gpu"),
        ("[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_a_url_is_read_as_people_write_it(written: str, url: str) -> None:
    assert [base.url for base in base_urls([written], "TY_OLLAMA_URLS", bare_port=11434)] == [url]


def test_a_url_without_a_path_gets_the_usual_one_and_a_path_is_kept() -> None:
    read = base_urls(["http://a:8080", "http://b:8080/api/v2/"], "TY_OPENAI_BASE_URL", default_path="/v1")
    assert [base.url for base in read] == ["http://a:8080/v1", "http://b:8080/api/v2"]


def test_the_same_server_written_twice_is_asked_as_one() -> None:
    assert len(base_urls(["http://gpu:11434", "gpu:11434/"], "TY_OLLAMA_URLS", bare_port=11434)) == 1


def test_a_password_leaves_the_url_and_becomes_a_header() -> None:
    (base,) = base_urls(["https://ty:p%40ss@models.example"], "TY_OLLAMA_URLS")
    assert base.url == "https://models.example"
    assert base.authorization == f"Basic {base64.b64encode(b'ty:p@ss').decode()}"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("ftp://gpu", "scheme"),
        ("http:/gpu:11434", "no URL"),
        ("http://", "no host"),
        ("", "no host"),
        ("http://gp u", "no URL"),
        ("http://gpu:eleven", "port"),
        ("http://gpu:99999", "no port 99999"),
        ("http://gpu/?stream=no", "query"),
        ("http://gpu:11434/v1", "leave out the end /v1"),
    ],
)
def test_what_is_no_url_is_refused_with_the_setting_and_an_example(written: str, why: str) -> None:
    with pytest.raises(SettingsError, match=r"TY_OLLAMA_URLS has .*expected a URL such as http://127\.0\.0\.1") as told:
        base_urls([written], "TY_OLLAMA_URLS", wrong_ends=("/v1", "/api"))
    assert why in str(told.value)


def test_no_message_shows_a_password_or_a_query() -> None:
    for written in ("http://ty:secret@gpu:eleven", "http://gpu?key=secret"):
        with pytest.raises(SettingsError) as told:
            base_urls([written], "TY_OLLAMA_URLS")
        assert "secret" not in str(told.value)


def test_an_empty_list_of_urls_is_refused() -> None:
    with pytest.raises(SettingsError, match="TY_OLLAMA_URLS is empty"):
        base_urls([], "TY_OLLAMA_URLS")
