"""Publishing in the worker: the whole log, a new bundle, then one transaction changes all."""

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.experiments import tasks
from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.jobs.run import Failure, Run
from recweb.people.models import User
from recweb.tuning import releases
from recweb.tuning.models import Policy
from training.bundle import Bundle
from training.store import Corrupt


def work(run: Run) -> None:
    policy = Policy.objects.select_related("final__version", "final__dataset").get(
        pk=run.target_id or 0
    )
    final = policy.final
    assert final is not None  # noqa: S101  made with the job
    with run.fenced():
        Experiment.objects.filter(pk=final.pk).update(state=State.RUNNING, started=Now())
    folder = tasks.fit_final(run, final)
    run.progress(97, 100, _("check the bundle"), "%")
    try:
        Bundle.load(folder)
    except (Corrupt, ValueError) as error:
        raise Failure(str(error)) from None
    root = settings.ARTIFACTS
    name, home = str(folder.relative_to(root)), str(folder.parent.relative_to(root))
    with run.fenced():
        rows = Experiment.objects.filter(pk=final.pk)
        rows.update(state=State.DONE, finished=Now(), folder=home)
        Policy.objects.filter(pk=policy.pk).update(bundle=name)
        releases.go_live(policy, User.objects.get(pk=run.owner_id), "publish")
    run.log("published")
