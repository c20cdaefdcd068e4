import time, cProfile, pstats
def test_prof(db, tmp_path):
    from tests.tuning import planted
    from tests.cast import person
    from recweb.datasets.models import Dataset
    from recweb.datasets import imports
    from recweb.pages import demo
    from tests.tuning.test_policies import published
    from tests.tuning.conftest import Api
    from django.test import Client
    from recweb.people.models import Token
    planted.folders(tmp_path)
    ann = person("ann","admin")
    d = Dataset.objects.create(slug="movielens", name="ML", owner=ann, rules=demo.RULES)
    (tmp_path/"w").mkdir()
    ratings, items = demo.write(tmp_path/"w")
    for kind, path in (("items", items), ("interactions", ratings)):
        imports.start_import(d, kind, path, path.name, ann, rules=demo.RULES); planted.work_off("import")
    run = planted.train(d, ann, "ease"); planted.tune(run, ann)
    class S: pass
    s=S(); s.run=run; s.bob=ann
    published(s,.3)
    api = Api(Client(headers={"Authorization": f"Token {Token.make(ann,'t')}"}))
    api.get("recommend/", dataset="movielens", user="1")
    t=time.process_time(); w=time.perf_counter()
    for u in range(1,101): assert api.get("recommend/", dataset="movielens", user=str(u)).status_code==200
    print("CPU ms", (time.process_time()-t)*10, "wall ms", (time.perf_counter()-w)*10)
    p=cProfile.Profile(); p.enable()
    for u in range(1,101): api.get("recommend/", dataset="movielens", user=str(u))
    p.disable(); pstats.Stats(p).sort_stats("cumtime").print_stats(45)
    b = Client(); b.force_login(ann)
    for q in ("", "&users=1&users=2&users=3&users=4&users=5&users=547"):
        b.get(f"/tradeoff/?run={run.pk}{q}")
        t=time.process_time(); page=b.get(f"/tradeoff/?run={run.pk}{q}"); print("PAGE", len(page.content), "CPU ms", (time.process_time()-t)*1e3)
    t=time.process_time(); page=b.get(f"/tradeoff/lists/?run={run.pk}&diversity=.333&users=1&users=2&users=3&users=4&users=5&users=547"); print("LISTS", len(page.content), "CPU ms", (time.process_time()-t)*1e3)
    p=cProfile.Profile(); p.enable()
    for i in range(10): b.get(f"/tradeoff/lists/?run={run.pk}&diversity=.333&users=1&users=2&users=3&users=4&users=5&users=547")
    p.disable(); pstats.Stats(p).sort_stats("cumtime").print_stats(35)
