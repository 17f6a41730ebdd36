"""Whatever the API's own description allows, and some of what it does not: nothing makes the server fail.

schemathesis makes the requests. It is signed in as a person of the tables, by cookie and token as a page's scripts are;
under /v1 it has a recruiter's key.
"""

import pytest
import schemathesis
from batch_world import recruiter
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from serving_rows import World
from signing_in import signed_in

from serving.app import create_app

# Reaches no database: the description alone is read.
SCHEMA = schemathesis.openapi.from_dict(create_app("postgresql://nowhere").openapi())


@pytest.fixture(scope="module")
def api_key(database_url: str) -> str:
    return recruiter(database_url).key


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_of_the_description_makes_the_server_fail(
    case: schemathesis.Case, base_url: str, database_url: str, world: World, api_key: str
) -> None:
    case.headers.pop("Authorization", None)  # with one the cookie would not be looked at
    if is_keyed := case.path.startswith("/v1/"):
        answer = case.call(base_url=base_url, headers={"Authorization": f"Bearer {api_key}"})
    else:
        browser = signed_in(database_url, world.person).browser  # its own, since one of the requests signs out
        answer = case.call(base_url=base_url, headers=browser["headers"], cookies=browser["cookies"])
    case.validate_response(answer, checks=[not_a_server_error])
    assert answer.status_code not in ((401, 403) if is_keyed else (401,)), "it is who may ask that asks"
    if answer.status_code >= 400 and is_keyed:
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}
    elif answer.status_code >= 400:
        assert answer.headers["content-type"][0].startswith("application/problem+json")


def test_the_description_has_every_room_of_the_api() -> None:
    paths = {path.split("/")[2] for path in create_app("postgresql://nowhere").openapi()["paths"]}
    assert paths >= {"matches", "queue", "profile", "account", "session", "notices", "market", "feedback", "admin"}
    assert paths >= {"files", "batches", "models"}
