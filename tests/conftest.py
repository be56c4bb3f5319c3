"""Settings for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.support.served import Client, Served, fill, served

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


# -- the review application over HTTP; tests in a real browser have a `browser` of their own


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application on a folder that no test changes."""
    with served(fill(tmp_path_factory.mktemp("folder"))) as found:
        yield found


@pytest.fixture(scope="module")
def browser(shared: Served) -> Client:
    """One browser on it, as far as HTTP goes."""
    return shared.client()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Path, Client]]:
    """A folder that the test may change, and a browser on it."""
    with served(fill(tmp_path)) as found:
        yield tmp_path, found.client()
