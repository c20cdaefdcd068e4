"""Seconds that the estimates of a run stand on, by what drives them.

Measured on the demo ratings, all films and the 1,000 most rated, by benchmarks/fit_estimates.py:
one core's seconds, fitted, both parts ranked and measured (what the script says of pairs, less
RANK). Of models that learn epoch by epoch, bpr, mf_ssm, lightgcn and head_tail were measured so;
the others on all films alone (benchmarks/quality_shelf.py), and divided as mf_ssm where they
compare with every item, as bpr where they do not. A network's are divided by the pairs that it
looks at: five an event in learning, thrice for the way back, all of the judged users in judging.
"""

from typing import NamedTuple

ROWS = 10_000  # users and items together
PAIRS = 1e7  # of a user and an item
SQUARES = 1e8  # of two items
RANK = 0.2  # seconds for PAIRS: both parts ranked and measured (pop, ials, puresvd; 0.16 to 0.33)
JUDGED = 2000  # users whom the engine asks after an epoch (training/engine/judge.py)
FINAL = 10  # a network looks at a judged pair so much oftener than at one that is ranked at the end


class Fit(NamedTuple):
    """Seconds for 100,000 events, for ROWS, for PAIRS and for SQUARES."""

    events: float
    rows: float = 0.0
    pairs: float = 0.0
    squares: float = 0.0


# a pair's score is the work of a network: what is judged costs more than what is learnt
BY_NETWORK = {"dcn", "mmoe", "neumf"}
FIT = {
    "pop": Fit(0.1),
    "random": Fit(0.1, 0.3),
    "recentpop": Fit(0.1),
    "puresvd": Fit(0.1, 0.2),
    "ease": Fit(0.2, 0.1),
    "userknn": Fit(0.2),
    # the fit looks at items with items; four sizes: films, the most rated, Beauty, a planted log
    "itemknn": Fit(0.3, 0.0, 0.25, 2.8),
    "rp3beta": Fit(0.3, 0.0, 0.25, 2.3),
    "markov": Fit(0.1, 0.4),
    "ials": Fit(0.3, 0.3),
    "mf_ips": Fit(0.3, 0.3),
    "content_ridge": Fit(0.5, 0.2),
    "content_map": Fit(0.4, 0.5),
    "hybrid": Fit(0.0, 3.3),
    "blend": Fit(0.1, 2.8),
    "baseline_only": Fit(0.1),
    "biased_mf": Fit(0.1, 3.6),
    "knn_baseline": Fit(2.6, 0.2),
    "soft_impute": Fit(1.4, 1.0),
    "svdpp": Fit(0.7, 3.7),
    "prior_mf": Fit(0.8, 2.6),
    "meta_mf": Fit(13.0),
    "bpr": Fit(9.5),
    "apr": Fit(60.0),
    "mf_ssm": Fit(6.0, 0.0, 7.4),
    "mf_diverse": Fit(4.9, 0.0, 6.8),
    "feature_mf": Fit(5.7, 0.0, 8.0),
    "multi_view": Fit(5.5, 0.0, 7.7),
    "kg_cf": Fit(6.2, 0.0, 8.7),
    "lightgcn": Fit(5.8, 0.0, 15.9),
    "simgcl": Fit(36.0, 0.0, 54.0),
    "head_tail": Fit(7.2, 0.0, 19.2),
    "modal_fusion": Fit(7.2, 0.0, 19.2),  # not measured: it shares head_tail's gate and loss
    "two_tower_text": Fit(22.0, 0.0, 35.0),
    "multvae": Fit(5.0, 0.0, 150.0),  # every user's whole row goes through the network
    "neumf": Fit(17.5, 0.0, 60.0),
    "dcn": Fit(38.0, 0.0, 188.0),
    "mmoe": Fit(37.0, 0.0, 180.0),
    "sasrec": Fit(200.0),
    "cross_encoder": Fit(5.0),
    "lm_tuned": Fit(90.0),
    "zero_shot": Fit(12.0),
}
