"""Unit vectors of texts from the letters that stand side by side in them: no model, any script.

Counts of the 2 to 4 letters within words (McNamee, Mayfield: Character n-gram tokenization for
European language text retrieval, Information Retrieval 2004), TF-IDF, and the strongest directions
of that table (Deerwester et al.: Indexing by latent semantic analysis, JASIS 1990).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WIDTH = 256
COLUMNS = 2**18  # of the hashed table: a file of titles has far fewer n-grams


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors float32 (len(texts), d <= 256) in the order of the texts; "" is a row of zeros.

    Fitted on these very texts, which are all there is: the same texts give the same vectors, and
    vectors of two calls are not to be mixed.
    """
    distinct = list(dict.fromkeys(text for text in texts if text.strip()))
    if not distinct:
        return np.zeros((len(texts), 1), dtype=np.float32)
    place = {text: row for row, text in enumerate(distinct)}
    table = _table(distinct)
    found = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
    for row, text in enumerate(texts):
        if text in place:
            found[row] = table[place[text]]
    return found


def _table(distinct: list[str]) -> np.ndarray:
    """Unit rows (n, d) of distinct texts."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    count = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), n_features=COLUMNS, alternate_sign=False, norm=None
    )
    counted = count.transform(distinct)
    # most columns of a small catalogue are empty, and the decomposition would pay for each
    filled = counted[:, np.flatnonzero(counted.getnnz(axis=0))]
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(filled)
    width = max(1, min(WIDTH, len(distinct) - 1))
    reduced = TruncatedSVD(width, random_state=0).fit_transform(weighed)
    length = np.linalg.norm(reduced, axis=1, keepdims=True)
    return np.asarray(reduced / np.maximum(length, 1e-12), dtype=np.float32)
