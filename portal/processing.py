"""The record of what is done with personal data (GDPR article 30, paragraph 1)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models.programme import TRAJECTORY_RETENTION_DAYS


@dataclass(frozen=True)
class Processing:
    """One activity; `code` is its place on the page, the rest is for people to read."""

    code: str
    title: str
    purpose: str
    ground: str
    people: str
    data: str
    recipients: str
    retention: str


def processings(*, retention_days: int) -> list[Processing]:
    """Every activity, in the active language."""
    public_task = _("Task in the public interest (article 6, paragraph 1, point e)")
    organisers = _("The organisers of the programme; administrators")
    return [
        Processing(
            code="registrations",
            title=_("Registrations"),
            purpose=_(
                "Keeping seats and a waiting list, telling registrants what they need, and knowing "
                "who took part."
            ),
            ground=public_task,
            people=_(
                "Who registers for a session, or is registered by a colleague or an organiser"
            ),
            data=_(
                "Name, e-mail address, organisation as typed and in the directory of public "
                "bodies, job title, language; when and by whom somebody was registered or "
                "cancelled; whether and how they took part; which mails were sent, what "
                "organisers wrote to attendees, and what somebody answered to the questions of "
                "a session"
            ),
            recipients=organisers,
            retention=ngettext(
                "Anonymous %(days)s day after the session, unless the programme has a period of "
                "its own",
                "Anonymous %(days)s days after the session, unless the programme has a period of "
                "its own",
                retention_days,
            )
            % {"days": retention_days},
        ),
        Processing(
            code="needs",
            title=_("Needs to take part"),
            purpose=_("Making it possible for somebody to take part in a session."),
            ground=_(
                "Consent (article 6, paragraph 1, point a; for health, article 9, paragraph 2, "
                "point a)"
            ),
            people=_("Registrants who tell us"),
            data=_("Access and diet needs, in their own words"),
            recipients=organisers,
            retention=_("Erased 30 days after the session"),
        ),
        Processing(
            code="invitations",
            title=_("Invitations to other sessions"),
            purpose=_("Inviting people who want that to other sessions."),
            ground=_("Consent (article 6, paragraph 1, point a)"),
            people=_("Registrants who agreed"),
            data=_("Name, e-mail address, the words agreed to, and when"),
            recipients=organisers,
            retention=_("As long as the registration, or until consent is withdrawn"),
        ),
        Processing(
            code="followers",
            title=_("Following deadlines"),
            purpose=_("Reminding people of deadlines, and telling them when a date changes."),
            ground=_("Consent (article 6, paragraph 1, point a)"),
            people=_("Who follows a call, a theme or all calls"),
            data=_(
                "E-mail address, language, what they follow, when they want to be reminded, when "
                "they asked and confirmed it, which reminders were sent"
            ),
            recipients=_("Administrators"),
            retention=_("Until they stop it; 7 days when it was never confirmed"),
        ),
        Processing(
            code="trajectories",
            title=_("Trajectories"),
            purpose=_("Letting colleagues prepare a project for a deadline together."),
            ground=public_task,
            people=_("Who starts a trajectory, and the colleagues they name"),
            data=_(
                "Name, e-mail address, organisation; what they write about the project, its "
                "documents and the answers to the charter check"
            ),
            recipients=_(
                "The colleagues named; once submitted, the organisers of the call, without notes, "
                "documents and colleagues"
            ),
            retention=_(
                "%(days)s days after the last use and the deadline, unless the programme of the "
                "call has a period of its own; its people are warned. Earlier when it is deleted, "
                "or its last member is erased"
            )
            % {"days": TRAJECTORY_RETENTION_DAYS},
        ),
        Processing(
            code="accounts",
            title=_("Accounts and signing in"),
            purpose=_("Letting people see all they registered for, and organisers do their work."),
            ground=public_task,
            people=_(
                "Who makes an account; who works for a programme or is invited to; administrators"
            ),
            data=_(
                "E-mail addresses, name, language, role in a programme, organisation as their own "
                "sign-in names it, passkeys and apps, and of each sign-in the time, IP address and "
                "kind of browser; of an invitation the address, role and dates"
            ),
            recipients=_("Administrators; of a team its leads and organisers"),
            retention=_(
                "Until it is erased; 7 days when the address was never confirmed; an invitation "
                "until it is accepted or withdrawn, or 30 days after it expired"
            ),
        ),
        Processing(
            code="speakers",
            title=_("Speakers and contacts"),
            purpose=_("Telling who speaks at a session and whom to ask about it."),
            ground=public_task,
            people=_("Speakers; contacts of sessions and programmes"),
            data=_(
                "Name, role, organisation; of speakers the text, photo and slides that they gave "
                "themselves; of contacts the e-mail address"
            ),
            recipients=_("Everybody: it is published"),
            retention=_("As long as the page of the session is there"),
        ),
        Processing(
            code="records",
            title=_("Records for safety"),
            purpose=_("Being able to find out afterwards who did what, and to mend faults."),
            ground=public_task,
            people=_("Organisers and administrators; registrants; visitors"),
            data=_(
                "What was done with registrations and with data, by whom, when and from which "
                "network address; to whom mails went; marks of erasures, from which no address "
                "can be read; technical logs without names and codes"
            ),
            recipients=_("Who leads a programme, about their own; administrators"),
            retention=_(
                "The log of who did what: two years. To whom mails about accounts and addresses "
                "went: 30 days. Marks: as long as a backup could bring erased data back. Technical "
                "logs: as the rules of the controller say"
            ),
        ),
    ]
