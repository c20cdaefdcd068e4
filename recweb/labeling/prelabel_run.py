"""The job that asks for pre-labels: a question for each user's samples, answers written as they
come, so that a job that is stopped or retried asks only what is left."""

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from itertools import groupby, islice

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import rows as names
from recweb.jobs.run import Failure, Run
from recweb.labeling.models import PreLabel, Queue, Sample
from training.endpoint import grading
from training.endpoint.client import Client
from training.endpoint.ranking import question
from training.endpoint.settings import Unanswered, endpoint

MOST = 10  # samples of one question


def work(run: Run) -> None:
    queue = Queue.objects.get(pk=run.target_id or 0)
    try:
        client = Client(endpoint())
        groups = _groups(queue)
        answered, dropped = _ask(run, queue, client, groups)
    except Unanswered as error:
        raise Failure(error.said(get_language() or "en")) from None
    run.log(
        f"{answered} pre-labels; {client.asked} requests, {client.again} of them second tries; "
        f"dropped {dropped} entries that were not offered or no grade"
    )


def _groups(queue: Queue) -> list[list[Sample]]:
    """Samples without a pre-label, those of one user and one context together."""
    rows = queue.samples.filter(guess=None).order_by("user_code", "order")
    found = []
    for _user, each in groupby(rows, key=lambda sample: (sample.user_code, str(sample.context))):
        while part := list(islice(each, MOST)):
            found.append(part)
    return found


def _ask(run: Run, queue: Queue, client: Client, groups: list[list[Sample]]) -> tuple[int, int]:
    """(pre-labels written, entries dropped). Raises Unanswered at the first question that fails."""
    codes = {sample.item_code for group in groups for sample in group}
    codes |= {row[0] for group in groups for row in group[0].context}
    known = names.titles(queue.dataset_id, codes)  # of a large catalogue no more than is asked of
    titles = {code: named.title for code, named in known.items() if named.title}
    pool = ThreadPoolExecutor(client.endpoint.parallel)
    answered = dropped = 0
    try:
        going: dict[Future[grading.Grades], list[Sample]] = {}
        for group in groups:
            going[pool.submit(_one, client, titles, group)] = group
        for done, future in enumerate(as_completed(going), 1):
            found, group = future.result(), going[future]
            rows = [
                PreLabel(sample=group[place], value=grade, model=client.endpoint.model[:120])
                for place, grade in found.values.items()
            ]
            with run.fenced():
                PreLabel.objects.bulk_create(rows, ignore_conflicts=True)
            answered, dropped = answered + len(rows), dropped + found.dropped
            run.progress(done, len(groups), _("questions"))
    finally:
        client.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return answered, dropped


def _one(client: Client, titles: dict[int, str], group: list[Sample]) -> grading.Grades:
    past = [titles.get(row[0], "?") for row in group[0].context]
    offered = [titles.get(sample.item_code, "?") for sample in group]
    return grading.read(client.ask(grading.SYSTEM, question(past, offered)), len(group))
