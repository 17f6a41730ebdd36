"""A recruiter with an empty database of the test's own."""

import pytest
from evaluation_world import EvaluationWorld

from ty_resources.postgres import Database


@pytest.fixture
def world(db: Database) -> EvaluationWorld:
    return EvaluationWorld(db)
