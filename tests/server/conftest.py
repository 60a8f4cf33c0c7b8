from pathlib import Path

import pytest

from tests.server.process import running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The small applications of apps.py, in one process with four threads."""
    with running(tmp_path_factory.mktemp("notes")) as process:
        yield process


def pytest_collection_modifyitems(config, items):
    """Nothing here has to do with the database: one of the two runs is enough."""
    if config.getoption("--database") == "postgresql":
        here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
        config.hook.pytest_deselected(items=here)
        items[:] = [item for item in items if item not in here]
