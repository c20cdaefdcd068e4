from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import data, needs
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import bring, work_off
from tests.experiments.conftest import Login, trained
from tests.training.encoders import pictured

pytestmark = pytest.mark.django_db


def test_uploaded_vectors_are_learnt_from_and_never_read_as_words(
    films: Dataset, ann: User
) -> None:
    assert films.version is not None
    field, said = needs.lacking("modal_fusion", "random", needs.data_of(films.version)) or ("", "")
    assert field == "model" and "image_vector" in said
    head, *rows = planted.files().items.splitlines()
    rng = np.random.default_rng(0)
    cells = [" ".join(f"{x:.3f}" for x in rng.standard_normal(6)) for _ in rows]
    cells[0] = "broken"
    text = "\n".join(
        [f"{head},image_vector", *(f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))]
    )
    batch = bring(films, "items", text, "pictures.csv")
    assert batch.state == "loaded"
    version = films.version
    assert version is not None
    assert version.profile["modalities"] == [["image", len(rows) - 1, 6]]
    assert needs.lacking("modal_fusion", "random", needs.data_of(version)) is None
    items = data.load_items(version, text=False, progress=lambda *_: None)
    assert np.isnan(items.modalities["image"]).all(axis=1).sum() == 1
    assert not any(cells[1] in each for each in items.texts)
    run = trained(films, ann, "modal_fusion", split="random", params={"epochs": 1})
    assert any("image 100%" in note["en"] for note in run.split_facts["notes"])


def test_pictures_that_were_encoded_here_are_learnt_from_and_lose_when_dealt_out(
    films: Dataset,
    ann: User,
    login: Login,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A topic's pictures have one colour; a model of pictures with random weights sees that."""
    settings.IMAGES = str(tmp_path / "pictures")
    monkeypatch.setenv("ENCODER_FOLDERS", f"eyes={pictured.make(tmp_path / 'eyes')}")
    made = planted.files()
    head, *rows = made.items.splitlines()
    shades = [
        (230, 30, 30),
        (30, 230, 30),
        (30, 30, 230),
        (230, 230, 30),
        (30, 230, 230),
        (9, 9, 9),
    ]
    for item, topic in enumerate(made.topic):
        pictured.draw(tmp_path / "pictures" / films.slug / f"{item}.png", shades[topic], item)
    text = "\n".join([f"{head},poster", *(f"{row},{n}.png" for n, row in enumerate(rows))])
    bring(films, "items", text, "posters.csv")
    asked = {"encoder": "eyes", "column": "poster"}
    login(ann).post(f"/datasets/{films.slug}/pictures/", asked)
    assert work_off("train").state == work_off("import").state == "done"
    ndcg = []
    for shuffled in (False, True):
        params = {"epochs": 8, "factors": 16, "shuffled": shuffled}
        run = trained(films, ann, "modal_fusion", split="random", params=params)
        told = [note["en"] for note in run.split_facts["notes"]]
        assert any("image 100%" in note for note in told)
        assert any("dealt out to other items" in note for note in told) == shuffled
        ndcg.append(run.metrics["validation"]["ndcg@10"]["mean"])
    assert ndcg[0] > ndcg[1]
