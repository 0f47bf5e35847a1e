"""Documents of a trajectory: how many and how large, and taking one away."""

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts import documents
from accounts.documents import Refused
from procurement.models import Attachment, Trajectory, TrajectoryMember

LARGEST_BYTES = 10_000_000
# Of one trajectory, all documents together.
QUOTA_BYTES = 50_000_000
MOST_FILES = 50
_FOLDER = "trajectories"


def attach(
    trajectory: Trajectory, sent: "UploadedFile[Any]", *, by: TrajectoryMember, now: datetime
) -> Attachment:
    """Keep a document. Raises Refused for one that is too large, too much, or not of our sorts."""
    document = documents.recognise(sent, largest_bytes=LARGEST_BYTES)
    with transaction.atomic():
        # One at a time, so that two together do not pass the limit.
        Trajectory.objects.select_for_update(of=("self",)).get(pk=trajectory.pk)
        kept = trajectory.attachments.aggregate(size=Sum("size_bytes"))["size"] or 0
        if kept + document.size_bytes > QUOTA_BYTES or trajectory.attachments.count() >= MOST_FILES:
            raise Refused(
                _("There is no room left: together the documents can be 50 MB. Take one away.")
            )
        attachment = Attachment(
            trajectory=trajectory,
            name=document.name,
            content_type=document.content_type,
            size_bytes=document.size_bytes,
            added_by=by,
            added_at=now,
        )
        documents.keep(sent, document.name, attachment.file)
        attachment.save()
    return attachment


def detach(attachment: Attachment) -> None:
    """Delete a document with its file."""
    with transaction.atomic():
        documents.forget([attachment.file])
        attachment.delete()


def forget_orphans(now: datetime) -> int:
    """Delete the files of which no document tells, but for those being attached; how many."""
    return documents.forget_orphans(_FOLDER, Attachment.objects.all(), now=now)
