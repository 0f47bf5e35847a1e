from django.apps import AppConfig


class MomentsConfig(AppConfig):
    """Edges, dates and times in words."""

    name = "moments"
