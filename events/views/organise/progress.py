"""How far mails are that leave together, for the script that keeps it up to date on a page."""

from django.http import JsonResponse

from events.ledger import Progress


def told(progress: Progress) -> JsonResponse:
    """As static/js/progress.js reads it."""
    response = JsonResponse(
        {
            "sentence": progress.sentence,
            "done": progress.done,
            "total": progress.total,
            "waiting": progress.waiting,
        }
    )
    response.headers["Cache-Control"] = "no-store"
    return response
