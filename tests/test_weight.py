"""What a page weighs on the line, with all that a browser fetches for it the first time."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from whitenoise.compress import Compressor

from accounts import seeding as accounts_seeding
from events import seeding
from tests import build
from tests.page import CheckedClient

# Bytes, as the application itself sends them: styles and scripts compressed (whitenoise), here with
# gzip, which is larger than what browsers ask for first; the page as it is.
MOST = 120_000


def weight(address: str) -> int:
    """The bytes of a file of ours, on the line."""
    path = finders.find(address.removeprefix("/static/"))
    assert path, address
    content = Path(path).read_bytes()
    is_compressed = Compressor(extensions=None).should_compress(path)
    return len(Compressor.compress_gzip(content)) if is_compressed else len(content)


@pytest.mark.once
@pytest.mark.time_machine(build.NOW, tick=False)
def test_page_of_a_session_weighs_little_with_all_it_loads(db: None, client: CheckedClient) -> None:
    accounts_seeding.load()
    session = seeding.load_example(build.NOW)

    html = client.get(session.get_absolute_url()).content
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html.decode()))

    weights = {address: weight(address) for address in files}
    assert sum(address.endswith(".woff2") for address in weights) == 1
    assert sum(address.endswith(".css") for address in weights) >= 4
    assert len(html) + sum(weights.values()) < MOST
