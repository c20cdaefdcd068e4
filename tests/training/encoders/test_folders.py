"""SEC-40: what an admin's model folder may hold; everything else is refused before it is loaded."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.encoders import tiny
from training import registry
from training.encoders import folders

TEXTS = ["red lip balm", "green tea soap"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny.make(tmp_path / "model", TEXTS)


def code_of(folder: Path) -> str:
    with pytest.raises(folders.Refused) as refused:
        folders.check("mine", folder)
    assert "mine" in refused.value.said("en") and "mine" in refused.value.said("zh-hans")
    return refused.value.code


def test_a_plain_model_passes(model: Path) -> None:
    (model / "README.md").write_text("words")
    folders.check("mine", model)


def add(name: str, content: bytes = b"x") -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return put


def setting(name: str, key: str, value: object) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        found = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        (folder / name).write_text(json.dumps(found | {key: value}))

    return put


def modules(folder: Path) -> None:
    said = [{"idx": 0, "path": "", "type": "modeling_x.Model"}]
    (folder / "modules.json").write_text(json.dumps(said))


def elsewhere(folder: Path) -> None:
    said = {"weight_map": {"a": "../../other/model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(said))


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (add("modeling_x.py"), "code", "modeling_x.py"),
        (add("deep/custom.PY"), "code", "custom.PY"),
        (add("native.so"), "code", "native.so"),
        (add("pytorch_model.bin"), "pickle", "pytorch_model.bin"),
        (add("optimizer.pt"), "pickle", "optimizer.pt"),
        (add("more.pkl"), "pickle", "more.pkl"),
        (add("model.onnx"), "strange", "model.onnx"),
        (add("adapter_config.json", b"{}"), "strange", "adapter_config.json"),
        (add("model.safetensors", b"\x80\x04\x95\x10\x00\x00\x00\x00"), "weights", "model.safe"),
        (add("model.safetensors", b"PK\x03\x04zip"), "weights", "model.safetensors"),
        (gone("model.safetensors"), "weights", "model.safetensors"),
        (gone("tokenizer.json"), "json", "tokenizer.json"),
        (add("config.json", b"{"), "json", "config.json"),
        (add("config.json", b"[" * 100_000), "json", "config.json"),
        (setting("config.json", "auto_map", {"AutoModel": "m.M"}), "setting", "auto_map"),
        (setting("config.json", "trust_remote_code", True), "setting", "trust_remote_code"),
        (setting("config.json", "_attn_implementation", "a/b"), "setting", "_attn_impl"),
        (setting("config.json", "inner", [{"auto_map": {"a": "b"}}]), "setting", "auto_map"),
        (setting("tokenizer_config.json", "auto_map", {"a": "b"}), "setting", "tokenizer_config"),
        (setting("config.json", "model_type", "strange"), "type", "strange"),
        (modules, "setting", "modeling_x.Model"),
        (elsewhere, "outside", "../../other"),
    ],
)
def test_a_folder_with_anything_else_is_refused_by_name(
    model: Path, spoil: Callable[[Path], None], code: str, named: str
) -> None:
    spoil(model)
    with pytest.raises(folders.Refused) as refused:
        folders.check("mine", model)
    assert refused.value.code == code and named in str(refused.value)


def test_a_link_is_refused_wherever_it_leads(model: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (model / "notes.txt").symlink_to(tmp_path / "secret.txt")
    assert code_of(model) == "link"
    (model / "notes.txt").unlink()
    (model / "inner").symlink_to(tmp_path)
    assert code_of(model) == "link"
    (model / "inner").unlink()
    (tmp_path / "alias").symlink_to(model)
    assert code_of(tmp_path / "alias") == "link"


def test_a_path_must_be_absolute_and_straight(model: Path) -> None:
    assert code_of(Path("model")) == "path"
    assert code_of(model / ".." / "model") == "path"
    assert code_of(model / "nowhere") == "path"


def test_the_list_is_the_admins_alone(model: Path) -> None:
    listed = {folders.LIST: f"mine={model}, minilm=/etc,../x=/etc,=/etc,empty="}
    assert folders.listed(listed) == {"mine": model}
    assert folders.sound("mine", listed) == model
    for asked in ("../mine", str(model), "", "mine/../mine"):
        with pytest.raises(folders.Refused, match="on the list. Known: .*mine"):
            folders.sound(asked, listed)


def test_a_listed_folder_is_offered_and_judged_with_the_order(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(registry.ParamError, match="encoder must be one of"):
        registry.check_params("content_ridge", {"encoder": "mine"})
    monkeypatch.setenv(folders.LIST, f"mine={model}")
    assert "mine" in registry.model_spec("two_tower_text")["params"]["encoder"]["choices"]
    given = registry.check_params("content_ridge", {"encoder": "mine"})
    assert registry.encoder_fault(given) == ""
    (model / "modeling_x.py").write_text("raise SystemExit")
    assert "modeling_x.py is code" in registry.encoder_fault(given)
    assert "modeling_x.py 是代码" in registry.encoder_fault(given, "zh-hans")
    assert registry.encoder_fault({}) == registry.encoder_fault({"encoder": "auto"}) == ""


def test_nothing_of_a_refused_folder_is_ever_run(model: Path, tmp_path: Path) -> None:
    """The whole chain in a process of its own: the canary stays, and nothing heavy was imported."""
    canary = tmp_path / "canary"
    (model / "modeling_x.py").write_text(f"open({str(canary)!r}, 'w').close()")
    setting("config.json", "auto_map", {"AutoModel": "modeling_x.Model"})(model)
    modules(model)
    program = (
        "import sys; from training.encoders import folders, pick\n"
        "try: pick.encode('mine', ['a'])\n"
        "except folders.Refused as refused: print(refused.code)\n"
        "print('transformers' in sys.modules, 'modeling_x' in sys.modules)\n"
    )
    env = {"ENCODER_FOLDERS": f"mine={model}", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["code", "False", "False"]
    assert not canary.exists()
