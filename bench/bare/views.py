"""The bare views, and their addresses."""

import os
from functools import cache
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.forms import CharField, EmailField, Form, HiddenInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from bench.bare.models import Entry, Gate, Page

# The very bytes of the pages that are compared with, as the bench fetched them.
SAME_BYTES = Path(os.environ["BENCH_FOLDER"]) / "same_bytes"


@cache
def _bytes(name: str) -> bytes:
    return (SAME_BYTES / name).read_bytes()


def page(request: HttpRequest, name: str) -> HttpResponse:
    """One SELECT by primary key, and the same bytes."""
    Page.objects.get(pk=1)
    return HttpResponse(_bytes(name))


class EntryForm(Form):
    """The questions of our own form."""

    name = CharField(max_length=150)
    email = EmailField(max_length=254)
    organisation_name = CharField(max_length=200)
    job_title = CharField(max_length=150, required=False)
    language = CharField(max_length=2)
    form_token = CharField(max_length=32, required=False, widget=HiddenInput)


def form(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST one conditional UPDATE and one INSERT, in one transaction."""
    sent = EntryForm(request.POST or None)
    if request.method != "POST" or not sent.is_valid():
        return render(request, "bare/form.html", {"form": sent})
    with transaction.atomic():
        gate = Gate.objects.filter(pk=1, taken__lt=F("capacity"))
        if not gate.update(taken=F("taken") + 1):
            return HttpResponse("full", status=409)
        Entry.objects.create(**sent.cleaned_data)
    response = redirect("/done/")
    response.set_cookie("email", sent.cleaned_data["email"])
    return response


def done(request: HttpRequest) -> HttpResponse:
    """Say that it is done."""
    return render(request, "bare/done.html", {"email": request.COOKIES.get("email", "")})


urlpatterns = [
    path("page/<str:name>", page),
    path("form/", form),
    path("form/register/", form),
    path("done/", done),
]
