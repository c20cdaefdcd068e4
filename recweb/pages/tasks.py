"""The button "Load the demo data" as a job."""

from recweb.jobs.run import Failure, Run
from recweb.people.models import User


def load(run: Run) -> None:
    from recweb.pages import demo

    steps = 0

    def say(words: str) -> None:
        nonlocal steps
        steps += 1
        run.progress(steps, 8, words)
        run.log(words)

    owner = User.objects.get(pk=run.owner_id)
    annotator = User.objects.filter(username="annotator", groups__name="Annotator").first()
    try:
        demo.load(demo.Desk(demo.People(owner, owner, annotator), say, run.check))
    except demo.NotLoaded as error:
        raise Failure(str(error)) from error
