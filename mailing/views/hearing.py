"""Where mail services let know what became of a mail."""

import logging

from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import anyone
from mailing import hearing

logger = logging.getLogger("mailing")

# By their names: that of one service brings a library of its own, which takes 8 MB.
_READERS = {
    "brevo": "anymail.webhooks.brevo.BrevoTrackingWebhookView",
    "mailjet": "anymail.webhooks.mailjet.MailjetTrackingWebhookView",
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
    "ses": "anymail.webhooks.amazon_ses.AmazonSESTrackingWebhookView",
}


@anyone
@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def hear(request: HttpRequest, service: str) -> HttpResponse:
    """Take over what a configured service says, with the secret it was given; else not there.

    What fails in our database answers 500, after which services call again.
    """
    if service not in settings.MAIL_WEBHOOKS or not settings.MAIL_WEBHOOK_SECRET:
        raise Http404
    if request.method == "HEAD":  # some ask so whether the address exists
        return HttpResponse()
    reader: AnymailBaseWebhookView = import_string(_READERS[service])()
    reader.run_validators(request)
    try:
        events = reader.parse_events(request)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        logger.warning("What %s sent cannot be read: %s", service, type(error).__name__)
        return HttpResponse(status=400)
    for event in events:
        hearing.hear(event, now=timezone.now())
    return HttpResponse()
