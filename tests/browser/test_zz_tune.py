import os, io
from pathlib import Path
import pytest
from django.conf import settings
from tests.browser.conftest import axe, overflow
from tests.cast import person
from tests.tuning import planted
from recweb.datasets.models import Dataset, Member
from recweb.datasets import imports
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

def test_shots(open_page, tmp_path, settings):
    planted.folders(tmp_path)
    ann = person("ann","admin"); bob = person("bob","analyst")
    from recweb.pages import demo
    d = Dataset.objects.create(slug="movielens", name="MovieLens latest-small", owner=ann, rules=demo.RULES)
    Member.objects.create(dataset=d, user=bob)
    (tmp_path/"w").mkdir()
    ratings, items = demo.write(tmp_path/"w")
    for kind, path in (("items", items), ("interactions", ratings)):
        imports.start_import(d, kind, path, path.name, ann, rules=demo.RULES); planted.work_off("import")
    import time
    for m in os.environ.get("MODELS","pop,ease").split(","):
        t=time.time(); run = planted.train(d, bob, m); t2=time.time(); planted.tune(run, bob); print(m, "train", t2-t, "frontier", time.time()-t2)
    if "pol" in os.environ.get("SHOTS",""):
        from tests.tuning.test_policies import published
        class S: pass
        s=S(); s.run=run; s.bob=bob
        published(s, .1); published(s,.3)
    for path in os.environ.get("SHOTS","/tradeoff/").split(","):
        for theme in os.environ.get("THEMES","light,dark").split(","):
            for w in map(int, os.environ.get("WIDTHS","1366,320").split(",")):
                p = open_page(path, bob, theme=theme, width=w, height=900 if w>1400 else 768)
                p.wait_for_load_state("networkidle")
                p.wait_for_timeout(600)
                p.screenshot(path=f"/work/scratch/shots/t{path.replace('/','_').replace('?','_')}-{theme}-{w}.png", full_page=w==320)
                print(path, theme, w, overflow(p), axe(p), len(p.content()))
