"""What templates say of texts and fields."""

from django import forms

from config.templatetags.content import in_a_list


class ExampleForm(forms.Form):
    title = forms.CharField(label="Titel")
    why = forms.CharField(label="Waarom", error_messages={"required": "Zeg waarom."})


def test_error_on_a_list_names_its_field_where_its_words_do_not() -> None:
    form = ExampleForm({})

    told = [in_a_list(form[name]) for name in ("title", "why")]

    assert told == [["Titel: Dit veld is verplicht."], ["Zeg waarom."]]
