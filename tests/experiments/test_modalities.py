import numpy as np
import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import data, needs
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import bring
from tests.experiments.conftest import trained

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
