"""What may be set on one's own account, and nothing else (ABU-03)."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from recweb.people.models import Preference, Token

TOKENS_EACH = 20


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("as the browser says")), *settings.LANGUAGES],
    )
    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("auto", _("as the system says")), ("light", _("light")), ("dark", _("dark"))],
    )
    density = forms.ChoiceField(
        label=_("Density"), choices=[("normal", _("normal")), ("compact", _("compact"))]
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(name, name) for name in sorted(zoneinfo.available_timezones())],
    )

    class Meta:
        model = Preference
        fields = ("language", "theme", "density", "time_zone")


def dress(form: Any) -> Any:
    """The style sheet's classes on a form's fields, those with errors marked."""
    for name, field in form.fields.items():
        select = isinstance(field.widget, forms.Select)
        wrong = " is-invalid" if form.is_bound and name in form.errors else ""
        field.widget.attrs["class"] = ("form-select" if select else "form-control") + wrong
    return form


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Token
        fields = ("name",)
        labels = {"name": _("Name of the token")}
        help_texts = {"name": _("For what or where it is used, for instance “laptop”.")}

    def clean(self) -> dict[str, Any] | None:
        if self.instance.user.tokens.count() >= TOKENS_EACH:
            words = _("There are %(n)d tokens already. Revoke one first.")
            raise forms.ValidationError(words, params={"n": TOKENS_EACH})
        return super().clean()
