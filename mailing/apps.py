from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailingConfig(AppConfig):
    """The outbox."""

    name = "mailing"
    verbose_name = _("mail")
