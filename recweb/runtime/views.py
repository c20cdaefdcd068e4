from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from recweb.runtime import health


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nobody else, so that a broken database restarts no web server."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every part is there, or 503 and which one is not."""
    parts = health.report()
    failing = sorted(name for name, problem in parts.items() if problem)
    # words of a broken part may tell of paths and hosts: they belong to those who log in
    # (and who asks is a question to the database)
    tell = (
        not parts["database"]
        and request.user.is_authenticated
        and getattr(request.user, "is_admin", False)
    )
    checks = {
        name: (problem if tell else "failing") if problem else "ok"
        for name, problem in parts.items()
    }
    answer = {"status": "failing" if failing else "ok", "failing": failing, "checks": checks}
    return JsonResponse(answer, status=503 if failing else 200)
