"""Addresses of the directory."""

from django.urls import path

from accounts.views import organisations, suggestions

app_name = "accounts"

urlpatterns = [
    path("organisations/suggestions/", suggestions.organisation_suggestions, name="suggestions"),
    path("organise/organisations/", organisations.organisations, name="organisations"),
    path("organise/new-organisation/", organisations.new_organisation, name="new-organisation"),
    path("organise/organisations/<slug:slug>/", organisations.organisation, name="organisation"),
    path(
        "organise/organisations/<slug:slug>/relations/",
        organisations.add_relation,
        name="add-relation",
    ),
    path(
        "organise/organisations/<slug:slug>/relations/put-back/",
        organisations.put_relation_back,
        name="put-back-relation",
    ),
    path("organise/relations/<int:number>/end/", organisations.end_relation, name="end-relation"),
    path(
        "organise/relations/<int:number>/remove/",
        organisations.remove_relation,
        name="remove-relation",
    ),
    path(
        "organise/organisations/<slug:slug>/merge/",
        organisations.merge_organisation,
        name="merge-organisation",
    ),
    path("organise/merges/<int:number>/undo/", organisations.undo_merge, name="undo-merge"),
]
