"""SEC-40 for models of pictures: the same list, the same refusals, and nothing read by halves."""

import json
from pathlib import Path

import pytest

from tests.training.encoders import pictured, tiny
from training import registry
from training.encoders import folders, picture_folders, picture_reader


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return pictured.make(tmp_path / "vit")


def set_(path: Path, **more: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | more))


def test_the_admins_list_is_parted_by_what_a_model_reads(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tiny.make(tmp_path / "words", ["red lip balm"])
    monkeypatch.setenv(folders.LIST, f"eyes={model},words={words},gone=/nowhere")
    assert picture_folders.of_pictures() == {"eyes": model}
    assert set(picture_folders.of_texts()) == {"words", "gone"}
    assert picture_folders.sound("eyes") == model
    with pytest.raises(folders.Refused, match="on the list. Known: eyes"):
        picture_folders.sound("../eyes")
    with pytest.raises(folders.Refused, match="type “bert”"):
        picture_folders.sound("words")
    choices = registry.model_spec("content_ridge")["params"]["encoder"]["choices"]
    assert "words" in choices and "eyes" not in choices
    assert "type “vit”" in registry.encoder_fault({"encoder": "eyes"})


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("modeling_x.py", b"raise SystemExit", "code"),
        ("pytorch_model.bin", b"x", "pickle"),
        ("picture.png", b"x", "strange"),
        ("model.safetensors", b"\x80\x04\x95\x10\x00\x00\x00\x00", "weights"),
        ("preprocessor_config.json", b"[]", "json"),
    ],
)
def test_a_folder_with_anything_else_is_refused(
    model: Path, name: str, content: bytes, code: str
) -> None:
    picture_folders.check("mine", model)
    (model / name).write_bytes(content)
    with pytest.raises(folders.Refused) as refused:
        picture_folders.check("mine", model)
    assert refused.value.code == code and name in str(refused.value)


def test_settings_that_run_code_or_ask_for_another_processor_are_refused(model: Path) -> None:
    said = model / "preprocessor_config.json"
    set_(said, auto_map={"AutoImageProcessor": "x.X"})
    with pytest.raises(folders.Refused, match="sets “auto_map”"):
        picture_folders.check("mine", model)
    set_(said, auto_map=None, image_processor_type="StrangeImageProcessor")
    with pytest.raises(folders.Refused, match="StrangeImageProcessor.*one of: BitImage"):
        picture_folders.check("mine", model)
    set_(said, image_processor_type="ViTImageProcessorFast")  # the same one, by another name
    picture_folders.check("mine", model)


def test_weights_of_another_model_are_refused_and_never_filled_up(
    model: Path, tmp_path: Path
) -> None:
    other = pictured.make(tmp_path / "dinov2", "dinov2")
    (model / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(folders.Refused, match="the weights lack"):
        picture_reader.load(model, "mine")


def test_pictures_of_a_size_that_the_weights_do_not_take_are_refused(model: Path) -> None:
    import numpy as np

    set_(model / "preprocessor_config.json", size={"height": 48, "width": 48})
    reader = picture_reader.load(model, "mine")
    with pytest.raises(folders.Refused, match="48"):
        reader.read([reader.prepared(np.zeros((9, 9, 3), np.uint8))])
