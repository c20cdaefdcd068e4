import os
from pathlib import Path
import pytest
from tests.browser.conftest import axe, overflow
from tests.tuning import conftest as C
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.zz_urls")]

def test_shots(open_page, tmp_path):
    s = C.make(tmp_path)
    for path in os.environ.get("SHOTS","/tradeoff/").split(","):
        for theme in os.environ.get("THEMES","light,dark").split(","):
            for w in (1366,320):
                p = open_page(path, s.bob, theme=theme, width=w)
                p.wait_for_load_state("networkidle")
                p.wait_for_timeout(600)
                p.screenshot(path=f"/work/scratch/shots/t{path.replace('/','_').replace('?','_')}-{theme}-{w}.png", full_page=w==320)
                if w==320: print(p.evaluate("""[...document.querySelectorAll('main *')].filter(e=>e.getBoundingClientRect().right>321).slice(0,8).map(e=>e.tagName+'.'+e.className+' '+Math.round(e.getBoundingClientRect().right))"""))
                print(path, theme, w, overflow(p), axe(p))
