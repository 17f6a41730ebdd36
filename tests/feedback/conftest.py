"""The world of the feedback tests, in a database of the test's own."""

import pytest
from feedback_world import FeedbackWorld

from ty_resources.postgres import Database


@pytest.fixture
def feedback_world(db: Database) -> FeedbackWorld:
    return FeedbackWorld(db)
