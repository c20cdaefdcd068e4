"""Which rows a user may see, and which they may change. Others' rows are as if not there."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from recweb.jobs.models import Job, JobQuerySet
from recweb.people.models import Role, User


def mine(request: HttpRequest) -> JobQuerySet:
    assert isinstance(request.user, User)  # the route table let nobody else in
    return Job.objects.visible(request.user).select_related("owner")


def one(request: HttpRequest, job_id: int) -> Job:
    return get_object_or_404(mine(request), pk=job_id)


def may_change(request: HttpRequest, job: Job) -> bool:
    """Cancel or retry: the owner, and analysts of its dataset."""
    assert isinstance(request.user, User)
    return job.owner_id == request.user.pk or request.user.may(Role.ANALYST)
