"""The model against a real server, which speaks the protocol well, badly or not at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.endpoint.server import Answering, Server, Talk, serving
from tests.training.models.planted import fitted, ndcg, planted
from training import registry
from training.endpoint.settings import Unanswered
from training.models.contract import quiet
from training.models.zero_shot import ZeroShot
from training.store import Checkpoint

KEY = "sk-secret-0123456789"
SPLIT = planted()
PLAIN = fitted("pop", SPLIT)
TOPIC = np.asarray(SPLIT.items.topics.argmax(axis=1)).ravel()
PARAMS: dict[str, Any] = {"first": "pop", "candidates": 30, "history": 15, "people": 40}


def knowing(talk: Talk, seen: dict[str, Any]) -> None:
    """Reads the topic out of the title, and puts the person's topics first."""
    asked = json.loads(seen["body"]["messages"][1]["content"])
    liked = [TOPIC[int(title.split()[1])] for title in asked["chosen_before"]]
    fits = {
        int(number): liked.count(TOPIC[int(title.split()[1])])
        for number, title in asked["candidates"].items()
    }
    talk.say(json.dumps({"order": sorted(fits, key=lambda number: (-fits[number], number))}))


def run(server: Server, monkeypatch: pytest.MonkeyPatch, **params: Any) -> ZeroShot:
    given = {"LLM_URL": server.url, "LLM_MODEL": "tiny", "LLM_KEY": KEY, "LLM_TRIES": "2",
             "LLM_TIMEOUT": "2", "LLM_PARALLEL": "4"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    made = fitted("zero_shot", SPLIT, **{**PARAMS, **params})
    assert isinstance(made, ZeroShot)
    return made


def refused(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> tuple[Unanswered, int]:
    with serving(answering) as server, pytest.raises(Unanswered) as caught:
        run(server, monkeypatch)
    assert KEY not in str(caught.value)
    return caught.value, len(server.seen)


def test_a_model_that_knows_the_items_gains_on_whom_it_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(knowing) as server:
        made = run(server, monkeypatch, people=160)
        bodies = [json.dumps(seen["body"]) for seen in server.seen]
    assert made.counts_["asked"] == made.counts_["answered"] == len(bodies) == 160
    assert made.weight_ < 0.5 and ndcg(made, SPLIT) > 1.3 * ndcg(PLAIN, SPLIT)
    assert not any("user" in json.loads(body)["messages"][1]["content"] for body in bodies)
    assert "160 of 160 people" in made.notes()[0]["en"]


def test_invented_ids_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(talk: Talk, seen: dict[str, Any]) -> None:
        talk.say('{"order": [999, "tt0111161", 3, 3, -1, 1]}')

    with serving(lying) as server:
        made = run(server, monkeypatch, weight=0.0)
    counts = made.counts_
    assert (counts["answered"], counts["invented"], counts["repeated"]) == (40, 120, 40)
    asked = np.flatnonzero(~np.isnan(made.said_[:, 0]))
    user = int(asked[0])
    offered = made.candidates_[user]
    free = made.scores(np.array([user]))[0]
    free[SPLIT.train[user].indices] = -np.inf
    best = np.argsort(-free, kind="stable")[: len(offered)]
    assert best[:3].tolist() == [offered[2], offered[0], offered[1]]  # 3, 1, then as it was
    assert sorted(best) == sorted(offered)


def test_answers_that_hold_no_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda talk, seen: talk.say("I would rather not.")) as server:
        made = run(server, monkeypatch)
    assert made.counts_["unread"] == 40 and made.counts_["answered"] == 0
    users = np.arange(SPLIT.n_users)
    order = np.argsort(-made.scores(users), axis=1, kind="stable")
    np.testing.assert_array_equal(order, np.argsort(-PLAIN.scores(users), axis=1, kind="stable"))


def test_a_refused_key_ends_the_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    error, requests = refused(lambda talk, seen: talk.send(KEY, 401), monkeypatch)
    assert error.code == "denied" and requests <= 8  # those that were on the way


def test_a_server_that_never_answers_ends_the_run_after_a_few_questions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error, requests = refused(lambda talk, seen: talk.send("", 429, Retry_After="0"), monkeypatch)
    assert error.code == "busy" and requests <= 20


def test_an_interrupted_run_pays_no_question_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """FLT-19's way for questions: the answers before the interruption are kept."""
    states = Checkpoint(tmp_path)

    def stop(done: int, total: int, step: str) -> None:
        if done > 60:
            raise KeyboardInterrupt

    with serving(knowing) as server:
        whole = run(server, monkeypatch)
        before = len(server.seen)
        with pytest.raises(KeyboardInterrupt):
            ZeroShot(**PARAMS).fit(
                SPLIT, rng=np.random.default_rng(0), progress=stop, checkpoint=states
            )
        kept = states.load()
        assert kept is not None and 0 < kept[1]["done"].sum() < 40
        paid = len(server.seen)
        again = ZeroShot(**PARAMS).fit(
            SPLIT, rng=np.random.default_rng(0), progress=quiet, checkpoint=states
        )
        assert len(server.seen) - paid == 40 - kept[1]["done"].sum()
        assert paid - before >= kept[1]["done"].sum()
    np.testing.assert_array_equal(again.said_, whole.said_)


def test_it_is_refused_while_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_URL", raising=False)
    assert "LLM_URL" in registry.endpoint_fault("zero_shot") and not registry.endpoint_fault("pop")
    with pytest.raises(Unanswered, match="LLM_URL and LLM_MODEL"):
        fitted("zero_shot", SPLIT, **PARAMS)
    with pytest.raises(ValueError, match="titles"):
        fitted("zero_shot", replace(SPLIT, items=None))
