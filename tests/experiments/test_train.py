import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts, data, measuring, orders, words
from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import trained
from training.models.contract import quiet
from training.order import ORDER
from training.serve import Bundle
from training.split import Split
from training.store import read

pytestmark = pytest.mark.django_db
ARMS = ("uncertain", "random")


def test_a_run_beats_popularity_and_says_so(films: Dataset, ann: User) -> None:
    run = trained(films, ann, "ease", params={"l2": 50.0})
    assert run.state == State.DONE
    assert run.verdict["code"] == "better"
    headline = run.verdict["metrics"]["ndcg@10"]
    assert headline["lo"] > 0 and headline["p"] < 0.01
    mean = run.metrics["validation"]["ndcg@10"]
    assert mean["lo"] < mean["mean"] < mean["hi"]
    assert mean["mean"] == pytest.approx(
        headline["baseline_mean"] + headline["difference"], abs=1e-5
    )


def test_the_record_takes_the_device_from_the_model(
    films: Dataset, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's models say where they trained; the second device here is but a word."""
    assert trained(films, ann, "pop").resources["device"] == "cpu"
    monkeypatch.setattr("training.models.pop.Pop.device_", "cuda", raising=False)
    assert trained(films, ann, "pop", seed=1).resources["device"] == "cuda"


def test_means_come_from_the_kept_arrays(films: Dataset, ann: User) -> None:
    run = trained(films, ann, "itemknn")
    arrays, meta = read(artifacts.folder(run) / "validation")
    for name in ("ndcg@10", "recall@20", "ild@10"):
        kept = arrays[artifacts.array_name(name)]
        assert np.nanmean(kept) == pytest.approx(run.mean(name), abs=1e-5)
        assert artifacts.metric_name(artifacts.array_name(name)) == name
    assert meta["n_without"] == run.split_facts["n_without"]
    assert len(arrays["users"]) == run.split_facts["n_evaluated"]


def test_test_metrics_stay_sealed(films: Dataset, ann: User) -> None:
    run = trained(films, ann, "pop")
    assert set(run.metrics) == {"validation", "segments"}
    assert run.verdict == {}


def test_the_same_inputs_give_the_same_metrics(films: Dataset, ann: User) -> None:
    first, second = (trained(films, ann, "ials", seed=3) for _ in range(2))
    assert first.metrics == second.metrics
    other = trained(films, ann, "ials", seed=4)
    assert other.metrics != first.metrics


def test_the_bundle_scores_a_user(films: Dataset, ann: User) -> None:
    run = trained(films, ann, "ials")
    bundle = Bundle.load(artifacts.folder(run) / "model")
    assert bundle.scores(0, np.array([], np.int32)).shape == (run.split_facts["n_items"],)
    assert bundle.meta["distance"] == run.split_facts["distance"] == "categories"


def test_few_test_users_choose_the_users_own_time_and_say_why(films: Dataset, ann: User) -> None:
    facts = trained(films, ann, "pop").split_facts
    assert (facts["name"], facts["because"]) == ("user-temporal", "few-temporal-test-users")
    assert 0.2 < facts["leak"] < 1


def test_labels_train_but_are_never_asked(films: Dataset, ann: User) -> None:
    parent = trained(films, ann, "ease", params={"l2": 50.0})
    arrays, _meta = read(artifacts.folder(parent) / "validation")
    users, lists = arrays["users"][:40], arrays["candidates"]
    pairs = [
        [int(user), int(lists[row][3 * (row % 2)]), 3 - 3 * (row % 2), ARMS[row % 2]]
        for row, user in enumerate(users)
    ]
    pairs[-1][3] = "marked"
    child = trained(films, ann, "ease", params={"l2": 50.0}, parent=parent, label_pairs=pairs)
    facts = child.labels_facts
    assert (facts["n"], facts["n_relevant"]) == (40, 20)
    assert facts["by_arm"] == {"uncertain": 20, "random": 19, "marked": 1}
    assert child.split_facts["n_train"] > parent.split_facts["n_train"]
    assert child.split_facts["n_test"] == parent.split_facts["n_test"]
    mine, _meta = read(artifacts.folder(child) / "validation")
    place = {int(user): row for row, user in enumerate(mine["users"])}
    for user, item, *_rest in pairs:
        if user in place:
            assert item not in mine["candidates"][place[user]]
    assert facts["metrics"]["ndcg@10"]["p"] is not None
    other = trained(films, ann, "pop", parent=parent, label_pairs=pairs, split="random")
    assert other.labels_facts["n"] == 40 and "metrics" not in other.labels_facts
    told = words.labels(other)
    assert told is not None and "another version, split or event rules" in told.rest


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("model", {"model": "nosuch"}),
        ("split", {"model": "pop", "split": "psychic"}),
        ("seed", {"model": "pop", "seed": -1}),
        ("params.l2", {"model": "ease", "params": {"l2": -3}}),
        ("params.depth", {"model": "ease", "params": {"depth": 3}}),
    ],
)
def test_it_refuses_what_cannot_work(
    films: Dataset, ann: User, field: str, given: dict[str, object]
) -> None:
    with pytest.raises(orders.Refused) as refused:
        orders.start(films, owner=ann, **given)  # type: ignore[arg-type]
    assert refused.value.field == field and refused.value.message
    assert not Experiment.objects.exists()


def test_it_refuses_a_dataset_without_data(shop: Dataset, ann: User) -> None:
    with pytest.raises(orders.Refused) as refused:
        orders.start(shop, model="pop", owner=ann)
    assert refused.value.field == "dataset"


def test_an_impossible_split_fails_in_words(shop: Dataset, ann: User) -> None:
    from tests.datasets.conftest import bring

    rows = "user_id,item_id,rating,timestamp\n" + "".join(
        f"u{n},i{n % 3},4,{1_500_000_000 + n}\n" for n in range(9)
    )
    assert bring(shop, "interactions", rows, "r.csv").state == "loaded"
    run = orders.start(shop, model="pop", owner=ann, split="leave-last")
    job = work_off("train")
    run.refresh_from_db()
    assert (job.state, run.state) == (State.FAILED, State.FAILED)
    assert "leave-last" in job.error


@pytest.mark.parametrize(
    ("model", "params"), [("ease", {"l2": 50.0, "recency": 0.9}), ("recentpop", {})]
)
def test_what_needs_times_has_them_with_labels_and_at_publishing(
    films: Dataset, ann: User, model: str, params: dict[str, float]
) -> None:
    pairs = [[user, 0, 3, "random"] for user in range(30)]
    parent = trained(films, ann, model, params=params)
    child = trained(films, ann, model, params=params, parent=parent, label_pairs=pairs)
    assert child.labels_facts["n_relevant"] == 30
    whole = data.load_whole(child, quiet)
    facts = parent.split_facts
    assert whole.train.dtype == np.float32
    assert whole.train.nnz >= sum(facts[f"n_{part}"] for part in ("train", "validation", "test"))
    assert whole.test.nnz == whole.validation.nnz == 0
    assert whole.train_at is not None
    assert (whole.train_at.indices == whole.train.indices).all()
    assert whole.train_at.data.min() > 1e9


@pytest.mark.parametrize("first", [0.0, float(ORDER)])
def test_labels_come_last_where_the_log_has_places_and_no_times(first: float) -> None:
    def rows(values: list[float]) -> csr_matrix:
        return csr_matrix((np.array(values), [1, 2, 0, 2, 3], [0, 2, 5]), shape=(2, 6))

    nothing, at = csr_matrix((2, 6)), rows([first, first + 1, first + 2, first + 1, first])
    train = rows([1.0] * 5).astype(np.float32)
    plain = Split(train, nothing, nothing, at, "leave-last", 0, None)
    taught = data.with_labels(plain, [[0, 0, 3, "random"], [1, 1, 0, "random"]])
    items, sure = measuring.oldest_first(taught.train, taught, np.array([0, 1]))
    assert items.tolist() == [1, 2, 0, 3, 2, 0] and sure.tolist() == [1, 1, 4, 1, 1, 1]
    assert plain.train_at is not None and plain.train_at.data.min() == first, "left as it was"


def test_a_version_learns_from_labels_of_what_it_has(films: Dataset, ann: User) -> None:
    films.refresh_from_db()
    version = films.version
    assert version is not None
    newer = [[version.n_users, 0, 3, "marked"], [0, version.n_items, 3, "marked"]]
    run = trained(films, ann, "pop", label_pairs=[*newer, [0, 0, 3, "marked"]])
    assert run.label_pairs == [[0, 0, 3, "marked"]]
    with pytest.raises(orders.Refused, match="Version 1 has none") as refused:
        orders.start(films, model="pop", owner=ann, label_pairs=newer)
    assert refused.value.field == "labels_from"
