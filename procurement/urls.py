"""Addresses of feeds, of following and of the workspace; public pages of calls are the portal's."""

from django.urls import path

from procurement.views import feeds, following, trajectories
from procurement.views.organise import calls, dates, pasting, status, terms

app_name = "procurement"

_CALL = "organise/calls/<slug:slug>/"
_OWN = "me/trajectories/<str:public_id>/"

urlpatterns = [
    path("deadlines/calendar.ics", feeds.deadlines_calendar, name="calendar"),
    path("deadlines/feed.atom", feeds.deadlines_atom, name="atom"),
    path("deadlines/deadlines.json", feeds.deadlines_json, name="json"),
    path("deadlines/<slug:slug>/calendar.ics", feeds.call_calendar, name="call-calendar"),
    path("follow/", following.follow, name="follow"),
    path("follow/<str:code>/", following.following, name="following"),
    path("follow/<str:code>/reminders/", following.choose_offsets, name="choose-offsets"),
    path("follow/<str:code>/unfollow/", following.unfollow, name="unfollow"),
    path("follow/<str:code>/confirm/", following.confirm, name="confirm"),
    path("follow/<str:code>/stop/", following.stop, name="stop"),
    path("organise/calls/", calls.calls, name="organise-calls"),
    path("organise/new-call/", calls.new_call, name="new-call"),
    path(_CALL, calls.call, name="organise-call"),
    path(f"{_CALL}texts/", calls.texts, name="call-texts"),
    path(f"{_CALL}terms/", terms.terms, name="call-terms"),
    path(f"{_CALL}terms/<str:sort>/new/", terms.new_term, name="new-term"),
    path(f"{_CALL}terms/<str:sort>/<int:number>/", terms.term, name="call-term"),
    path(f"{_CALL}terms/<str:sort>/<int:number>/remove/", terms.remove_term, name="remove-term"),
    path(f"{_CALL}terms/<str:sort>/put-back/", terms.put_term_back, name="put-back-term"),
    path(f"{_CALL}deadlines/", dates.deadlines, name="organise-deadlines"),
    path(f"{_CALL}deadlines/read/", pasting.read_dates, name="read-dates"),
    path(f"{_CALL}deadlines/save/", pasting.save_dates, name="save-dates"),
    path(f"{_CALL}new-deadline/", dates.new_deadline, name="new-deadline"),
    path(f"{_CALL}deadlines/<int:number>/", dates.deadline, name="organise-deadline"),
    path(f"{_CALL}deadlines/<int:number>/remove/", dates.remove_deadline, name="remove-deadline"),
    path(f"{_CALL}deadlines/put-back/", dates.put_deadline_back, name="put-back-deadline"),
    path(f"{_CALL}publish/", status.set_status, {"status": "published"}, name="publish-call"),
    path(f"{_CALL}suspend/", status.set_status, {"status": "suspended"}, name="suspend-call"),
    path(f"{_CALL}cancel/", status.set_status, {"status": "cancelled"}, name="cancel-call"),
    path(f"{_CALL}clone/", status.clone, name="clone-call"),
    path("me/new-trajectory/", trajectories.new_trajectory, name="new-trajectory"),
    path(_OWN, trajectories.trajectory, name="trajectory"),
    path(f"{_OWN}edit/", trajectories.edit_trajectory, name="edit-trajectory"),
    path(f"{_OWN}stage/", trajectories.set_stage, name="set-stage"),
    path(f"{_OWN}submit/", trajectories.submit, name="submit-trajectory"),
    path(f"{_OWN}take-back/", trajectories.take_back, name="take-back-trajectory"),
    path(f"{_OWN}keep/", trajectories.keep, name="keep-trajectory"),
    path(f"{_OWN}delete/", trajectories.delete_trajectory, name="delete-trajectory"),
    path(f"{_OWN}members/", trajectories.add_member, name="add-member"),
    path(f"{_OWN}members/<int:number>/remove/", trajectories.remove_member, name="remove-member"),
    path(f"{_OWN}members/<int:number>/owner/", trajectories.hand_over, name="hand-over"),
    path(f"{_OWN}notes/", trajectories.add_note, name="add-note"),
    path(f"{_OWN}steps/", trajectories.set_done, name="set-done"),
    path(f"{_OWN}documents/", trajectories.attach, name="attach"),
    path(f"{_OWN}documents/<str:document>/", trajectories.attachment, name="attachment"),
    path(f"{_OWN}documents/<str:document>/delete/", trajectories.detach, name="detach"),
    path(f"{_OWN}charter/", trajectories.charter, name="charter"),
    path(f"{_OWN}charter.pdf", trajectories.charter_file, name="charter-file"),
    path("organise/trajectories/", trajectories.submitted, name="submitted"),
    path("organise/trajectories/export/", trajectories.export_submitted, name="export-submitted"),
    path(
        "organise/trajectories/<str:public_id>/",
        trajectories.submitted_trajectory,
        name="submitted-trajectory",
    ),
]
