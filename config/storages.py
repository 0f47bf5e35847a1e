"""Documents in an object store that speaks S3, as if it were a folder."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

CONNECT_SECONDS, READ_SECONDS = 3, 15


def _like_a_disk(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Trouble with the store becomes what trouble with a disk is."""

    @wraps(ask)
    def asked(*args: Any, **kwargs: Any) -> Any:
        try:
            return ask(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"The object store: {error}") from error

    return asked


class ObjectStore(S3Storage):
    """A bucket that nobody reads but we: files are private, and no page names an address there."""

    def __init__(self, **options: Any) -> None:
        patience = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2},
            signature_version="s3v4",
            s3={"addressing_style": "path"},
        )
        super().__init__(
            **{
                "default_acl": None,
                "file_overwrite": False,
                "client_config": patience,
                **options,
            }
        )

    _open = _like_a_disk(S3Storage._open)
    _save = _like_a_disk(S3Storage._save)
    delete = _like_a_disk(S3Storage.delete)
    exists = _like_a_disk(S3Storage.exists)
    size = _like_a_disk(S3Storage.size)

    def url(self, name: str, *_args: Any, **_kwargs: Any) -> str:
        """None: who may read a file is decided by the page that hands it out."""
        raise ValueError("Documents have no address.")
