from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.modal_fusion import modalities
from training.models.modal_fusion_task import Modal
from training.split import Split

FAST = {"epochs": 6, "batch": 256}


def pictured(whole: Split) -> Split:
    """No categories; an image vector that shows the topic, and a sound that is noise."""
    rng = np.random.default_rng(0)
    topic = whole.items.topics.toarray()
    image = topic @ rng.standard_normal((topic.shape[1], 12)) * 2 + rng.standard_normal(
        (len(topic), 12)
    )
    image[3] = np.nan
    noise = rng.standard_normal((len(topic), 5))
    given = {"image": image.astype(np.float32), "sound": noise.astype(np.float32)}
    bare = replace(whole.items, topics=whole.items.topics * 0, modalities=given)
    return replace(whole, items=bare)


WARM, COLD = pictured(planted()), pictured(planted(name="cold-item"))
ONLY = np.bincount(COLD.train.indices, minlength=COLD.n_items) == 0


@cache
def trained(**params: Any) -> Any:
    return fitted("modal_fusion", COLD, **FAST, **params)


def test_vectors_rank_new_items_and_shuffled_ones_lose_the_gain() -> None:
    chance = ndcg(fitted("random", COLD), COLD, only=ONLY)
    assert ndcg(trained(), COLD, only=ONLY) > 1.4 * chance
    assert ndcg(trained(shuffled=True), COLD, only=ONLY) < 1.15 * chance
    assert "dealt out" in trained(shuffled=True).notes()[-1]["en"]


def test_the_gate_believes_the_picture_and_not_the_noise() -> None:
    facts = trained().facts()
    assert facts["image_gate"] > facts["sound_gate"] + 0.1
    assert f"image {facts['image_gate']:.0%}" in trained().notes()[-1]["en"]


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    pop = ndcg(fitted("pop", WARM), WARM)
    assert ndcg(fitted("modal_fusion", WARM, **FAST), WARM) > 1.3 * pop
    assert ndcg(fitted("modal_fusion", shuffled(WARM), **FAST), WARM) < 1.1 * pop


def test_an_item_is_the_gated_sum_of_what_it_has() -> None:
    torch.manual_seed(0)
    known = modalities(WARM, 4)
    made = Modal(known, 3)
    for part in made.gates:
        torch.nn.init.normal_(part.weight)
    found = made().detach().numpy()
    image, sound = known.values()
    maps = [each.weight.detach().numpy().T for each in made.maps]
    asked = [part.weight.detach().numpy().ravel() for part in made.gates]
    np.testing.assert_allclose(found[3], sound[3] @ maps[1], atol=1e-6)  # no image: sound alone
    says = np.exp([image[7] @ asked[0], sound[7] @ asked[1]])
    says /= says.sum()
    expected = says[0] * (image[7] @ maps[0]) + says[1] * (sound[7] @ maps[1])
    np.testing.assert_allclose(found[7], expected, atol=1e-6)


def test_shuffling_keeps_the_rows_and_who_has_none() -> None:
    plain, mixed = modalities(WARM, 12)["image"], modalities(WARM, 12, shuffled=True)["image"]
    assert np.isnan(plain[3]).all() and np.isnan(mixed[3]).all()
    order = [np.sort(np.nan_to_num(rows[:, 0])) for rows in (plain, mixed)]
    np.testing.assert_array_equal(*order)
    assert not np.array_equal(np.nan_to_num(plain), np.nan_to_num(mixed))


def test_an_item_without_vectors_and_events_breaks_nothing_and_none_at_all_is_refused() -> None:
    given = {name: rows.copy() for name, rows in COLD.items.modalities.items()}
    lost = int(np.flatnonzero(ONLY)[0])
    for rows in given.values():
        rows[lost] = np.nan
    split = replace(COLD, items=replace(COLD.items, modalities=given))
    made = fitted("modal_fusion", split, epochs=1)
    assert (made.scores(np.arange(5))[:, lost] == 0).all()
    for items in (None, replace(COLD.items, modalities={})):
        with pytest.raises(ValueError, match="needs item vectors"):
            fitted("modal_fusion", replace(COLD, items=items))
