"""Addresses of sessions and registrations; a session's own page is the portal's."""

from django.urls import path

from events.views import registration, visitor

app_name = "events"

urlpatterns = [
    path("sessions/", visitor.sessions, name="sessions"),
    path("sessions/calendar.ics", visitor.sessions_calendar, name="sessions-calendar"),
    path("sessions/<slug:slug>/calendar.ics", visitor.session_calendar, name="session-calendar"),
    path("registrations/", visitor.send_links, name="send-links"),
    path("registrations/<str:code>/", registration.manage, name="manage"),
    path("registrations/<str:code>/cancel/", registration.cancel, name="cancel"),
    path("registrations/<str:code>/join/", registration.join, name="join"),
    path(
        "registrations/<str:code>/calendar.ics",
        registration.registration_calendar,
        name="registration-calendar",
    ),
]
