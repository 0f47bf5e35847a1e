"""The rows of the bare project."""

from django.db import models


class Page(models.Model):
    """What the bare view selects by its primary key."""

    title = models.CharField(max_length=200)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return self.title


class Gate(models.Model):
    """What the bare form updates on a condition."""

    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return f"{self.taken}/{self.capacity}"


class Entry(models.Model):
    """What the bare form inserts."""

    name = models.CharField(max_length=150)
    email = models.EmailField()
    organisation_name = models.CharField(max_length=200)
    job_title = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=2)
    form_token = models.CharField(max_length=32)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return self.email
