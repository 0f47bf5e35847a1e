"""Addresses of the directory."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("organisations/suggestions/", views.organisation_suggestions, name="suggestions"),
]
