"""Addresses of what joins sessions and calls."""

from django.urls import path

from portal.views import call, home, session

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("sessions/<slug:slug>/", session.session_page, name="session"),
    path("sessions/<slug:slug>/register/", session.register, name="register"),
    path("sessions/<slug:slug>/registered/", session.registered, name="registered"),
    path("deadlines/<slug:slug>/", call.call_page, name="call"),
]
