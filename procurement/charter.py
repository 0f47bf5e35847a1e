"""The federal charter for responsible use of AI in public services, as questions to a project.

"Charter voor verantwoord gebruik van artificiële intelligentie in overheidsdiensten bij de
dienstverlening aan individuen, bedrijven en organisaties", signed on 11 July 2025. The Dutch titles
are those of the charter, lightly shortened; summaries and questions are ours, and so are the French
and English words.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Principle:
    """One of the eight principles; the question is what a project answers."""

    number: int
    code: str
    title: str | Promise
    summary: str | Promise
    question: str | Promise


PRINCIPLES = (
    Principle(
        1,
        "human-interaction",
        _("Human interaction"),
        _("Anyone dealing with the service can choose a staff member over an AI system."),
        _("How does somebody reach a staff member instead of the system?"),
    ),
    Principle(
        2,
        "transparency",
        _("Transparency"),
        _(
            "The service says when AI is involved, gives reasons for supported decisions as the "
            "law asks, and documents the system."
        ),
        _("How do people learn that AI is involved, and where is the system documented?"),
    ),
    Principle(
        3,
        "human-oversight",
        _("Human oversight"),
        _("With AI that the European regulation calls high-risk, people oversee the outcome."),
        _("Is it high-risk under Regulation (EU) 2024/1689, and who oversees the outcome?"),
    ),
    Principle(
        4,
        "appeal",
        _("Right of appeal"),
        _("A decision with legal effect that AI takes or supports can be appealed."),
        _("Does it take or support decisions with legal effect, and how does one appeal?"),
    ),
    Principle(
        5,
        "data-quality",
        _("Data quality and control"),
        _("Data used for training and operation must meet the applicable rules."),
        _("Which data is used for training and operation, and who watches over its quality?"),
    ),
    Principle(
        6,
        "prior-assessment",
        _("Prior assessment and risk limitation"),
        _(
            "Check beforehand that AI is the right tool and assess the risks, for purchases too, "
            "and keep doing so."
        ),
        _("Why is AI the right tool here, which risks were assessed, and when is that redone?"),
    ),
    Principle(
        7,
        "sustainability",
        _("Sustainability and environmental impact"),
        _("Where possible the service weighs environmental impact and energy use."),
        _("How do environmental impact and energy use count in the purchase?"),
    ),
    Principle(
        8,
        "continuous-training",
        _("Continuous training"),
        _("Staff keep learning so that they use AI critically and know its limits."),
        _("Who has to learn what before they use it, and how do they keep learning?"),
    ),
)
"""In the order of the charter."""
