from pathlib import Path

import numpy as np
import pytest

from training import clean
from training.clean.modalities import modality, read, seems, vector, without
from training.features import multi_hot
from training.log import Items, load_items, save_items


@pytest.mark.parametrize(
    "cell", ["0.5 -1 2e-1", "0.5,-1,0.2", "[0.5, -1, 0.2]", "(0.5;-1; 0.2)", "  [0.5 -1 .2]\n"]
)
def test_numbers_are_read_however_they_are_parted(cell: str) -> None:
    np.testing.assert_allclose(vector(cell), [0.5, -1, 0.2])


@pytest.mark.parametrize(
    "cell", ["", "0.5", "a, b", "1 nan 2", "1,inf", "1e39 1", "[1, [2]]", "1 " * 5000]
)
def test_what_is_no_list_of_finite_numbers_is_none(cell: str) -> None:
    assert vector(cell) is None


def test_a_name_says_what_the_vectors_are_of() -> None:
    names = ["image_vector", "Audio Embedding", "vector", "图像向量", "clip-emb", "invector"]
    assert [modality(name) for name in names] == ["image", "Audio", "vector", "图像", "clip", ""]


def test_the_usual_length_is_the_columns_and_the_rest_is_counted() -> None:
    rows = [
        {"image_vector": "1 2 3", "colour": "red"},
        {"image_vector": "4 5"},
        {"colour": "blue"},
        {"image_vector": "7 8 9", "word_vector": "none"},
        {"image_vector": "seven"},
        {"image_vector": "1 1 1"},
    ]
    found = read(rows)
    assert [(each.name, each.known, each.unread) for each in found] == [("image", 3, 2)]
    assert np.isnan(found[0].vectors[[1, 2, 4]]).all()
    assert found[0].vectors[3].tolist() == [7, 8, 9]
    words = without(rows, found)
    assert words[0] == {"colour": "red"} and words[3] == {"word_vector": "none"}


def test_a_catalogue_file_keeps_its_vectors_and_reads_none_of_them_as_words(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        'item,title,image_vector,colour\na,Tea,"0.5,1",red\nb,Soap,"1,nan",\nc,Balm,"2 3",\n'
        'd,Comb,"1 1",\n'
    )
    found = clean.clean(path, "items")
    notes = {note.code: note.args for note in found.report.notes}
    assert notes["vectors"] == {"name": "image", "count": 3, "length": 2}
    assert notes["vectors-unreadable"] == {"name": "image_vector", "count": 1, "length": 2}
    assert found.texts() == ("Tea. red", "Soap", "Balm", "Comb")
    assert found.report.accepted == 4


def test_a_stored_catalogue_brings_its_vectors_back(tmp_path: Path) -> None:
    names, topics = multi_hot([(), ()])
    years = np.full(2, np.nan, np.float32)
    image = np.array([[1, 2, 3], [np.nan] * 3], np.float32)
    plain = Items(("a", "b"), ("a", "b"), names, topics, years)
    told = Items(("a", "b"), ("a", "b"), names, topics, years, modalities={"图像": image})
    assert save_items(tmp_path / "plain", plain) != save_items(tmp_path / "told", told)
    np.testing.assert_array_equal(load_items(tmp_path / "told").modalities["图像"], image)
    assert load_items(tmp_path / "plain").modalities == {}
    with pytest.raises(ValueError, match="modality x must be"):
        Items(("a", "b"), ("a", "b"), names, topics, years, modalities={"x": image[:1]})


def test_the_top_of_a_file_tells_a_column_of_vectors() -> None:
    assert seems("image_vector", ["", "[0.5, 0.25, 1" + ", 0.123" * 80 + ", -"])
    assert not seems("image_vector", ["a still of the film", "0.5 1"])
    assert not seems("runtime", ["0.5 0.25"])
