"""Addresses of what joins sessions and calls."""

from django.conf import settings
from django.urls import path

from portal.views import (
    audit,
    calendars,
    call,
    deadlines,
    home,
    me,
    organise,
    pictures,
    privacy,
    programme,
    retention,
    search,
    session,
    statements,
    style,
    team,
)

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("sessions/<slug:slug>/", session.session_page, name="session"),
    path("search/", search.search, name="search"),
    path("sessions/<slug:slug>/picture.png", pictures.session_image, name="session-picture"),
    path("sessions/<slug:slug>/register/", session.register, name="register"),
    path(
        "sessions/<slug:slug>/register/colleagues/",
        session.register_colleagues,
        name="register-colleagues",
    ),
    path("sessions/<slug:slug>/registered/", session.registered, name="registered"),
    path("programmes/<slug:slug>/<slug:digest>.css", programme.styles, name="programme-styles"),
    path("calendar/", calendars.calendar_page, name="calendar"),
    path("calendar.ics", calendars.calendar_feed, name="calendar-feed"),
    path("deadlines/", deadlines.deadlines, name="deadlines"),
    path("deadlines/<slug:slug>/", call.call_page, name="call"),
    path("deadlines/<slug:slug>/picture.png", pictures.call_image, name="call-picture"),
    path("organise/", organise.overview, name="organise"),
    path("organise/closing/", organise.closing, name="closing"),
    path("organise/calls/<slug:slug>/preview/", call.preview, name="preview-call"),
    path("organise/audit/", audit.audit, name="audit"),
    path("organise/audit/export/", audit.export_audit, name="export-audit"),
    path("organise/retention/", retention.overview, name="retention"),
    path("organise/retention/<slug:slug>/", retention.change, name="change-retention"),
    path(
        "organise/retention/<slug:slug>/trajectories/",
        retention.change_of_trajectories,
        name="change-retention-of-trajectories",
    ),
    path("organise/programmes/<slug:slug>/", programme.change, name="change-programme"),
    path("organise/team/", team.team, name="team"),
    path("organise/team/<slug:slug>/invite/", team.invite, name="invite"),
    path("organise/team/invitations/<int:number>/send/", team.send_again, name="invite-again"),
    path("organise/team/invitations/<int:number>/withdraw/", team.withdraw, name="uninvite"),
    path("organise/team/members/<int:number>/", team.change_role, name="change-role"),
    path("organise/team/members/<int:number>/remove/", team.remove, name="remove-member"),
    path("invitations/<str:code>/", team.invitation, name="invitation"),
    path("invitations/<str:code>/accept/", team.accept, name="accept-invitation"),
    path("organise/sessions/<slug:slug>/preview/", session.preview, name="preview"),
    path("me/", me.my_page, name="me"),
    path("me/language/", me.set_language, name="set-language"),
    path("me/calendar/", me.renew_calendar, name="renew-calendar"),
    path("me/data/", privacy.my_data, name="my-data"),
    path("me/data/data.json", privacy.my_data_copy, {"ending": "json"}, name="my-data-json"),
    path("me/data/data.txt", privacy.my_data_copy, {"ending": "txt"}, name="my-data-text"),
    path("me/erase/", privacy.erase_me, name="erase-me"),
    path("privacy/data/", privacy.ask_data, name="ask-data"),
    path("privacy/erased/", privacy.erased, name="erased"),
    path("privacy/data/<str:code>/", privacy.data, name="data"),
    path(
        "privacy/data/<str:code>/data.json",
        privacy.data_copy,
        {"ending": "json"},
        name="data-json",
    ),
    path(
        "privacy/data/<str:code>/data.txt",
        privacy.data_copy,
        {"ending": "txt"},
        name="data-text",
    ),
    path("privacy/data/<str:code>/erase/", privacy.erase_data, name="erase-data"),
    path("calendars/<str:code>.ics", me.personal_calendar, name="personal-calendar"),
    path("privacy/", statements.privacy, name="privacy"),
    path("privacy/register/", statements.processing_register, name="processing-register"),
    path("accessibility/", statements.accessibility, name="accessibility"),
    path("cookies/", statements.cookies, name="cookies"),
    path("security/", statements.security, name="security"),
]

if settings.LOCAL_MODE:
    urlpatterns += [path("style/", style.style_guide, name="style-guide")]
