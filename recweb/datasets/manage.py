"""What is changed about a dataset: settings, event rules, members, a serving token, its end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from recweb.datasets import removal, rows, weighing
from recweb.datasets.access import find, person
from recweb.datasets.models import Dataset, EventName, Member
from recweb.datasets.setting_forms import RuleForm, SettingsForm
from recweb.jobs import orders
from recweb.people import audit
from recweb.people.models import Token, User

TABS = (
    ("overview", gettext_lazy("Overview")),
    ("interactions", gettext_lazy("Interactions")),
    ("users", gettext_lazy("Users")),
    ("items", gettext_lazy("Items")),
    ("quality", gettext_lazy("Quality")),
    ("versions", gettext_lazy("Versions")),
    ("members", gettext_lazy("Members")),
    ("settings", gettext_lazy("Settings")),
)


def rule_forms(dataset: Dataset, data: object = None) -> list[RuleForm]:
    """One small form an event, filled with the rule that the dataset has for it."""
    rules = {rule["event"]: rule for rule in dataset.rules}
    names = EventName.objects.filter(dataset_id=dataset.pk).order_by("code")
    made = []
    for row in names:
        rule = rules.get(row.name)
        given = rule or {"confidence": "one", "weight": 1.0, "minimum": None}
        initial = {**given, "counts": rule is not None}
        made.append(RuleForm(row.name, data, prefix=f"rule{row.code}", initial=initial))
    return made


def tokens_of(dataset: Dataset) -> list[Token]:
    return list(Token.objects.filter(dataset_id=dataset.pk).select_related("user").order_by("-pk"))


def _tab(dataset: Dataset, tab: str) -> HttpResponse:
    return redirect(f"{reverse('dataset', args=[dataset.slug])}?tab={tab}")


@require_POST
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    form = SettingsForm(request.POST, instance=dataset)
    rules = rule_forms(dataset, request.POST)
    if not (form.is_valid() and all(rule.is_valid() for rule in rules)):
        ctx = {
            "dataset": Dataset.objects.get(pk=dataset.pk),
            "version": dataset.version,
            "tab": "settings",
            "tabs": TABS,
            "form": form,
            "rule_forms": rules,
            "tokens": tokens_of(dataset),
            "learned": weighing.shown(dataset),
        }
        return render(request, "datasets/settings.html", ctx, status=422)
    row = form.save(commit=False)
    row.rules = [rule for rule in (form.rule() for form in rules) if rule] or dataset.rules
    row.save(update_fields=["name", "source", "repeats_wanted", "rules"])
    audit.record(request, "dataset-settings", slug)
    messages.success(request, _("Saved. New experiments use these rules; old ones keep theirs."))
    return _tab(dataset, "settings")


@require_POST
def token(request: HttpRequest, slug: str) -> HttpResponse:
    """A token that may only recommend from this dataset; shown this once."""
    dataset = find(request, slug)
    name = request.POST.get("name", "").replace("\0", " ").strip()[:80] or _("serving")
    made = Token.make(person(request), name, dataset.pk)
    audit.record(request, "token", slug, name=name)
    ctx = {"dataset": dataset, "token": made, "name": name}
    return render(request, "datasets/token.html", ctx)


@require_POST
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """do=add or do=remove, user=its number, or name= where there are too many to choose from."""
    dataset = find(request, slug)
    number, name = request.POST.get("user", ""), rows.clean(request.POST.get("name", "").strip())
    if name:
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            words = _("There is no account “%(name)s”. Nothing was changed.")
            messages.error(request, words % {"name": name[:80]})
            return _tab(dataset, "members")
    elif number.isascii() and number.isdigit() and len(number) < 15:
        user = get_object_or_404(User, pk=int(number))
    else:
        messages.error(request, _("Choose somebody. Nothing was changed."))
        return _tab(dataset, "members")
    if request.POST.get("do") == "remove":
        Member.objects.filter(dataset=dataset, user=user).delete()
        words = _("%(name)s is no longer a member.")
    else:
        Member.objects.get_or_create(dataset=dataset, user=user)
        words = _("%(name)s is a member now.")
    audit.record(request, f"member-{request.POST.get('do', 'add')[:10]}", slug, user=user.username)
    messages.success(request, words % {"name": user.username})
    return _tab(dataset, "members")


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    wrong = ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() in (dataset.slug, dataset.name):
            try:
                job = removal.hide(dataset, person(request))
            except orders.Quota as quota:
                messages.error(request, quota.message)
                return redirect("dataset", slug)
            audit.record(request, "dataset-delete", slug)
            words = _("“%(name)s” is deleted. Job %(job)d removes its rows and files.")
            messages.success(request, words % {"name": dataset.name, "job": job.pk})
            return redirect("datasets")
        words = _("Type “%(slug)s” exactly as it stands here. Nothing was deleted.")
        wrong = words % {"slug": dataset.slug}
    ctx = {"dataset": dataset, "wrong": wrong, "version": dataset.version}
    return render(request, "datasets/delete.html", ctx, status=422 if wrong else 200)
