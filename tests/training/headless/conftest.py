"""Files as a user of `python -m training` has them."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.models.planted import planted

SPLIT = planted()


@pytest.fixture
def counted(tmp_path: Path) -> list[str]:
    """The planted log as counted files: train and validation in one, test in the other."""
    train = (SPLIT.train + SPLIT.validation).tocsr()
    for name, part in (("train.dat", train), ("test.dat", SPLIT.test)):
        rows = [part[user].indices for user in range(SPLIT.n_users)]
        lines = [" ".join(map(str, [len(row), *np.sort(row)])) for row in rows]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    names = [str(tmp_path / "train.dat"), "--test", str(tmp_path / "test.dat")]
    return ["evaluate", "--format", "counted", "--log", *names]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Stars and times: two of three users rate even items high, the others odd ones."""
    rng = np.random.default_rng(0)
    path = tmp_path / "log.csv"
    lines = ["user_id,item_id,rating,timestamp"]
    for user in range(60):
        for item in rng.choice(30, 14, replace=False):
            stars = 1 + 4 * ((item % 2 == 0) == (user % 3 > 0)) - int(rng.random() < 0.1)
            at = 1_500_000_000 + int(rng.integers(10**7))
            lines.append(f"u{user},i{item},{max(stars, 1)},{at}")
    path.write_text("\n".join(lines))
    return path
