"""Addresses of the local mailbox; there in local mode only."""

from django.urls import path

from mailing import views

app_name = "mailing"

urlpatterns = [
    path("mailbox/", views.mail_list, name="mailbox"),
    path("mailbox/<slug:name>/", views.mail_page, name="mail"),
    path("mailbox/<slug:name>/html/", views.mail_html, name="mail-html"),
    path("mailbox/<slug:name>/calendar/", views.mail_calendar, name="mail-calendar"),
    path("mailbox/<slug:name>/source/", views.mail_source, name="mail-source"),
]
