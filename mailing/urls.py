"""Addresses about mail."""

from django.conf import settings
from django.urls import URLPattern, path

from mailing.views import addresses, examples, mailbox

app_name = "mailing"

# There in local mode only.
_local = [
    path("mailbox/", mailbox.mail_list, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.mail_page, name="mail"),
    path("mailbox/<slug:name>/html/", mailbox.mail_html, name="mail-html"),
    path("mailbox/<slug:name>/calendar/", mailbox.mail_calendar, name="mail-calendar"),
    path("mailbox/<slug:name>/source/", mailbox.mail_source, name="mail-source"),
    path("mails/", examples.example_list, name="examples"),
    path("mails/<str:name>/<str:language>/", examples.example, name="example"),
    path("mails/<str:name>/<str:language>/html/", examples.example_html, name="example-html"),
]

urlpatterns: list[URLPattern] = [
    path("organise/addresses/", addresses.addresses, name="addresses"),
    path("organise/addresses/<int:number>/clear/", addresses.clear, name="clear-address"),
    *(_local if settings.LOCAL_MODE else []),
]
