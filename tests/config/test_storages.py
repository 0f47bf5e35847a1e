"""Documents in an object store: against one that speaks S3 over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from moto.server import ThreadedMotoServer
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts import documents
from portal import backups
from procurement import attaching
from procurement.models import Attachment, Trajectory
from tests.build import NOW
from tests.config.test_environment import SHOW, read, start
from tests.procurement.build import make_signed_up, make_trajectory

PDF = b"%PDF-1.7 a plan"
FILES = {"access_key": "k", "secret_key": "s", "bucket_name": "documents", "region_name": "eu"}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """A store that speaks S3; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str, settings: Settings) -> Iterator[object]:
    """An empty bucket, where documents lie."""
    client = boto3.resource(
        "s3",
        endpoint_url=store,
        aws_access_key_id="k",
        aws_secret_access_key="s",
        region_name="us-east-1",
    )
    found = client.create_bucket(Bucket="documents")
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "config.storages.ObjectStore",
            "OPTIONS": FILES | {"endpoint_url": store, "region_name": "us-east-1"},
        }
    }
    yield found
    found.objects.all().delete()
    found.delete()


def keys(bucket: object) -> list[str]:
    """The names of what lies in it."""
    return [each.key for each in bucket.objects.all()]  # type: ignore[attr-defined]


def owned(client: Client) -> Trajectory:
    """A trajectory, whose owner is signed in."""
    client.force_login(make_signed_up("els@stad.example.org"))
    return make_trajectory(owner="els@stad.example.org")


def send(client: Client, trajectory: Trajectory, content: bytes = PDF) -> int:
    document = SimpleUploadedFile("plan.pdf", content, content_type="application/pdf")
    address = f"{trajectory.get_absolute_url()}documents/"
    return int(client.post(address, {"document-file": document}).status_code)


def test_address_of_a_bucket_is_understood() -> None:
    [storages] = read("STORAGES", FILES_URL="s3://k%2Fey:se%40cret@s3.example.be:8443/b?region=eu")

    assert storages["default"] == {
        "BACKEND": "config.storages.ObjectStore",
        "OPTIONS": {
            "access_key": "k/ey",
            "secret_key": "se@cret",
            "endpoint_url": "https://s3.example.be:8443",
            "bucket_name": "b",
            "region_name": "eu",
        },
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "s3://s3.example.be/bucket",
        "s3://k:s@s3.example.be",
        "s3://k:s@/bucket",
        "https://k:s@h/bucket",
        "s3://k:s@h/a/b",
    ],
)
def test_address_of_no_bucket_stops_the_start_without_its_secret(wrong: str) -> None:
    ran = start(SHOW, "DEBUG", FILES_URL=wrong)

    assert ran.returncode == 1
    assert ran.stderr.startswith("The setting FILES_URL cannot be understood: it is ")


@pytest.mark.django_db(transaction=True)
def test_document_lies_in_the_bucket_and_leaves_through_its_page_only(
    bucket: object, settings: Settings
) -> None:
    client = Client()
    trajectory = owned(client)

    sent = send(client, trajectory)

    row = Attachment.objects.get()
    address = f"{trajectory.get_absolute_url()}documents/{row.public_id}/"
    answer = client.get(address)
    assert (sent, keys(bucket)) == (302, [row.file.name])
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[arg-type]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert Client().get(address).status_code == 302
    assert not Path(settings.MEDIA_ROOT).exists()
    with pytest.raises(ValueError, match="no address"):
        default_storage.url(row.file.name)
    attaching.detach(row)
    assert keys(bucket) == []


@pytest.mark.django_db(transaction=True)
def test_store_that_does_not_answer_is_said_and_nothing_is_kept_by_half(
    bucket: object, settings: Settings
) -> None:
    client = Client(raise_request_exception=False)
    trajectory = owned(client)
    send(client, trajectory)
    row = Attachment.objects.get()
    working = settings.STORAGES
    settings.STORAGES = working | {
        "default": {
            "BACKEND": "config.storages.ObjectStore",
            "OPTIONS": FILES | {"endpoint_url": "http://127.0.0.1:1"},
        }
    }

    refused = send(client, trajectory)
    read_status = client.get(f"{trajectory.get_absolute_url()}documents/{row.public_id}/")
    attaching.detach(row)

    assert (refused, read_status.status_code) == (422, 503)
    assert read_status.headers["Retry-After"] == "10"
    assert not Attachment.objects.exists()
    # What could not be deleted then goes at night.
    settings.STORAGES = working
    assert len(keys(bucket)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_file_of_no_document_goes_at_night_once_nobody_can_be_attaching_it(
    where: str, request: pytest.FixtureRequest, time_machine: TimeMachineFixture
) -> None:
    if where == "bucket":
        request.getfixturevalue("bucket")
    client = Client()
    trajectory = owned(client)
    send(client, trajectory)
    kept = Attachment.objects.get().file.name
    send(client, trajectory)
    orphan = Attachment.objects.order_by("-pk")[0]
    Attachment.objects.filter(pk=orphan.pk).delete()
    made_at = default_storage.get_modified_time(orphan.file.name)

    at_once = attaching.forget_orphans(made_at + documents.BEING_SENT)
    next_night = attaching.forget_orphans(made_at + documents.BEING_SENT * 1.01)

    assert (at_once, next_night) == (0, 1)
    assert default_storage.exists(kept)
    assert not default_storage.exists(orphan.file.name)


@pytest.mark.django_db(transaction=True)
def test_backup_leaves_the_store_to_its_own_versions(bucket: object, tmp_path: Path) -> None:
    assert bucket is not None
    assert backups._media_folder() is None
    file = backups.make(tmp_path, now=NOW)

    assert file.exists()
