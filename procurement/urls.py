"""Addresses of the tracker."""

from django.urls import path

from procurement import views

app_name = "procurement"

urlpatterns = [path("deadlines/", views.deadlines, name="deadlines")]
