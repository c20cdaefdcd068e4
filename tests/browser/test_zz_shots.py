import pytest
from tests.browser.conftest import axe, overflow
from django.contrib.auth.models import Group
from recweb.people.models import User
@pytest.mark.django_db(transaction=True)
def test_shots(open_page):
    import os
    from tests.pages import cast as c
    from django.utils import timezone
    k = c.people(); f = c.dataset(k); u = k.ann
    V = {"code": "better", "difference": 0.027, "lo": 0.021, "hi": 0.033, "p": 0.0001}
    c.experiment(k, f, "pop", is_baseline=True, metrics={"validation": {"ndcg@10": {"mean": 0.043}}})
    c.experiment(k, f, "ease", verdict=V); c.experiment(k, f, "ials", state="running", metrics={}); c.experiment(k, f, "itemknn", state="failed", metrics={})
    now = timezone.now()
    c.job(k, f, state="running", attempt=1, lease_until=now, started=now, title="Train ials"); c.job(k, f, title="Train itemknn")
    for path in os.environ.get("SHOTS","/").split(","):
        for theme in ("light","dark"):
            for w in (1366,320):
                for lang in os.environ.get("LANGS","en").split(","):
                    p = open_page(path,u,language=lang,theme=theme,width=w)
                    p.wait_for_load_state("networkidle")
                    p.screenshot(path=f"/work/scratch/shot{path.replace('/','_')}-{theme}-{w}-{lang}.png", full_page=True)
                    print(path, theme, w, lang, overflow(p), axe(p))
