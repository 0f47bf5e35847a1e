"""What commands are told, read."""

from datetime import datetime


def moment(text: str) -> datetime:
    """A moment with its offset, as 2027-06-10T08:30+02:00; raises ValueError for any other."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError
    return read
