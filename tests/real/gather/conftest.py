"""A site to gather from."""

from collections.abc import Iterator

import pytest

from tests.real.gather.server import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server of the test's own, without pages."""
    with serving() as found:
        yield found
