"""Settings for all tests."""

import os

import pytest
from hypothesis import settings

# Machines that are shared or busy are slow now and then, and that is no failure. With CI set in the environment,
# Hypothesis uses its own "ci" profile instead, which also fixes the examples.
if settings.get_current_profile_name() == "default":
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
# For `--hypothesis-profile=quick`: few examples, always the same ones.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=20)


@pytest.fixture(autouse=True)
def no_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are laid out for a pipe: pytest-xdist gives its workers a COLUMNS of their own."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        monkeypatch.delenv("COLUMNS", raising=False)
