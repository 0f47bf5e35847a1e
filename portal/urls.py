"""Addresses of what joins sessions and calls."""

from django.urls import path

from portal.views import call, home, me, session

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("sessions/<slug:slug>/", session.session_page, name="session"),
    path("sessions/<slug:slug>/register/", session.register, name="register"),
    path("sessions/<slug:slug>/registered/", session.registered, name="registered"),
    path("deadlines/<slug:slug>/", call.call_page, name="call"),
    path("me/", me.my_page, name="me"),
    path("me/language/", me.set_language, name="set-language"),
    path("me/calendar/", me.renew_calendar, name="renew-calendar"),
    path("calendars/<str:code>.ics", me.personal_calendar, name="personal-calendar"),
]
