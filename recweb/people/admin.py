"""Django's admin, for the admin role: people, their tokens, and the audit to read."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recweb.lib.readonly import ReadOnly, columns
from recweb.people import audit
from recweb.people.models import Audit, Preference, Token, User


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Role"), {"fields": ("groups", "is_active")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "groups")}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        # three roles: boxes to tick, and no filter widget that screen readers cannot name
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": CheckboxSelectMultiple, **more}
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # rows of theirs stay; switch the account off instead

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        user = form.instance
        before = sorted(user.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        after = sorted(user.groups.values_list("name", flat=True))
        if before != after:
            audit.record(request, "role", user.username, before=before, after=after)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.record(request, "user changed", str(obj))
        return super().log_change(request, obj, message)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.record(request, "user added", str(obj))
        return super().log_addition(request, obj, message)


@admin.register(Token)
class TokenAdmin(ReadOnly):
    list_display = fields = columns(
        name=_("Name"), user=_("Owner"), start=_("Begins with"), dataset_id=_("Dataset number"),
        created=_("Made"), last_used=_("Last used"),
    )  # fmt: skip
    list_select_related = ("user",)
    search_fields = ("name", "user__username")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_staff  # to revoke it

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        audit.record(request, "token revoked", obj.name, of=obj.user.username)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for token in queryset.select_related("user"):
            self.delete_model(request, token)


@admin.register(Audit)
class AuditAdmin(ReadOnly):
    list_display = columns(
        at=_("At"), user=_("Who"), action=_("Deed"), target=_("Target"), request_id=_("Request"),
    )  # fmt: skip
    fields = columns(
        at=_("At"), user=_("Who"), action=_("Deed"), target=_("Target"), detail=_("Details"),
        request_id=_("Request"),
    )  # fmt: skip
    list_filter = ("action", "at")
    list_select_related = ("user",)
    search_fields = ("target", "user__username", "request_id")
    ordering = ("-at",)


@admin.register(Preference)
class PreferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "language", "theme", "time_zone")


class RoleAdmin(GroupAdmin):
    """The three roles are fixed; only who has them changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)
