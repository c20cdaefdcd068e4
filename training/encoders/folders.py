"""The admin's list of models on this machine, of texts and of pictures (picture_folders.py), and
what a folder on it may hold.

Standard library only: a folder is judged by its names and its JSON before anything of it is
loaded. Code that travels with a model runs when a library is careless (CVE-2026-5241,
CVE-2026-68770: although `trust_remote_code` was False), and a pickle is code too; so a folder with
either is refused, whatever the libraries promise.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LIST = "ENCODER_FOLDERS"  # name=/absolute/folder,name=/absolute/folder
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
OURS = ("auto", "minilm", "characters")  # a folder cannot take the name of what is built in
TYPES = {
    "bert": ("BertConfig", "BertModel"),
    "distilbert": ("DistilBertConfig", "DistilBertModel"),
    "electra": ("ElectraConfig", "ElectraModel"),
    "mpnet": ("MPNetConfig", "MPNetModel"),
    "roberta": ("RobertaConfig", "RobertaModel"),
    "xlm-roberta": ("XLMRobertaConfig", "XLMRobertaModel"),
}
READ = {".json", ".safetensors", ".txt", ".md", ".model", ".vocab"}
PLAIN = {"LICENSE", "NOTICE", "README", ".gitattributes", ".gitignore"}
CODE = {".py", ".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib", ".sh", ".ipynb"}
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".mar"}
# settings that make a library fetch or run something, or read the weights in another way
SETTINGS = {
    "auto_map",
    "custom_pipelines",
    "trust_remote_code",
    "attn_implementation",
    "_attn_implementation",
    "quantization_config",
    "use_kernels",
}
MOST = 500  # files of a folder
LARGEST_JSON = 100 * 2**20
TEXT_ONLY = {"tokenizer.json", "vocab.json", "data_config.json"}  # words, not settings

REASONS = {
    "path": (
        "{name}: {path} is no absolute path without “..” to a folder of this machine. Correct it "
        "in ENCODER_FOLDERS.",
        "{name}：{path} 不是本机上不含“..”的文件夹绝对路径。请在 ENCODER_FOLDERS 中更正。",
    ),
    "unknown": (
        "There is no encoder “{name}” on the list. Known: {known}. An admin lists folders in "
        "ENCODER_FOLDERS.",
        "列表中没有编码器“{name}”。已知：{known}。管理员可在 ENCODER_FOLDERS 中列出文件夹。",
    ),
    "link": (
        "{name}: {file} is a link or no plain file, and could lead anywhere. Put the file itself "
        "there.",
        "{name}：{file} 是链接或非普通文件，可能指向任何位置。请放入文件本身。",
    ),
    "code": (
        "{name}: {file} is code. A model is read, never run: delete the file, or choose a model "
        "that needs none.",
        "{name}：{file} 是代码。模型只会被读取，不会被执行：请删除该文件，或选择不需要代码的模型。",
    ),
    "pickle": (
        "{name}: {file} can hold code (a pickle). Only .safetensors weights are read: convert "
        "the weights and delete the file.",
        "{name}：{file} 可能含有代码（pickle）。只读取 .safetensors 权重：请转换权重并删除该文件。",
    ),
    "strange": (
        "{name}: {file} is nothing that a model is read from. Delete it, so that the folder holds "
        "the model alone.",
        "{name}：{file} 不是读取模型所需的文件。请删除，使文件夹中只有模型。",
    ),
    "weights": (
        "{name}: {file} is missing or is no safetensors file.",
        "{name}：{file} 缺失，或不是 safetensors 文件。",
    ),
    "json": (
        "{name}: {file} is missing or is no JSON object.",
        "{name}：{file} 缺失，或不是 JSON 对象。",
    ),
    "setting": (
        "{name}: {file} sets “{key}”, which can make a library run code or read other weights. "
        "Take it out, or choose another model.",
        "{name}：{file} 设置了“{key}”，可能使程序库运行代码或读取其他权重。"
        "请删除该设置，或选择其他模型。",
    ),
    "type": (
        "{name}: models of type “{key}” are not read. Known types: {known}.",
        "{name}：不读取类型为“{key}”的模型。已知类型：{known}。",
    ),
    "outside": (
        "{name}: {file} names “{key}”, which lies outside the folder.",
        "{name}：{file} 指向“{key}”，位于文件夹之外。",
    ),
    "vocabulary": (
        "{name}: the tokenizer knows {given} pieces and the weights {known}: they are of two "
        "different models.",
        "{name}：分词器有 {given} 个词片，而权重只有 {known} 个：两者来自不同的模型。",
    ),
    "processor": (
        "{name}: {file} asks for “{key}”. Pictures are prepared by one of: {known}.",
        "{name}：{file} 要求使用“{key}”。图片只能由以下程序处理：{known}。",
    ),
    "incomplete": (
        "{name}: the weights lack “{key}”: they are of another model than config.json says.",
        "{name}：权重缺少“{key}”：它们与 config.json 所述的模型不同。",
    ),
    "size": (
        "{name}: the weights do not take pictures of the size that preprocessor_config.json "
        "makes: {key}",
        "{name}：权重不接受 preprocessor_config.json 生成的图片尺寸：{key}",
    ),
}


class Refused(ValueError):
    """A folder that is not read. `code` is a key of REASONS, `details` fills it."""

    def __init__(self, code: str, **details: object) -> None:
        self.code, self.details = code, details
        super().__init__(self.said("en"))

    def said(self, language: str) -> str:
        """The sentence in "en" or "zh-hans"."""
        return REASONS[self.code][language.startswith("zh")].format(**self.details)


def listed(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """Folders by name, as the admin wrote them; an entry without a usable name is left out."""
    entries = (entry.partition("=") for entry in environ.get(LIST, "").split(","))
    named = ((name.strip(), place.strip()) for name, _, place in entries)
    return {
        name: Path(place)
        for name, place in named
        if NAME.fullmatch(name) and name not in OURS and place
    }


def sound(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of a listed encoder, after every check. Raises Refused naming what is wrong.

    name: from anybody; it is only ever looked up, never made part of a path.
    """
    folders = listed(environ)
    if name not in folders:
        raise Refused("unknown", name=name, known=", ".join([*OURS, *folders]))
    check(name, folders[name])
    return folders[name]


def check(name: str, folder: Path) -> None:
    """Raise Refused unless the folder holds a language model of known type, and nothing else."""
    kind = plain(name, folder).get("model_type")
    if kind not in TYPES:
        raise Refused("type", name=name, key=kind, known=", ".join(TYPES))
    setting(name, folder / "tokenizer.json")


def plain(name: str, folder: Path) -> dict[str, Any]:
    """config.json of a folder with weights in safetensors, and no code. Raises Refused."""
    if not folder.is_absolute() or ".." in folder.parts or not folder.is_dir():
        raise Refused("path", name=name, path=folder)
    if folder.is_symlink():
        raise Refused("link", name=name, file=folder)
    files = {str(path.relative_to(folder)): path for path in _files(name, folder)}
    for shown, path in files.items():
        _named(name, path, shown)
    for shown, path in files.items():
        _filled(name, path, shown)
    config = setting(name, folder / "config.json")
    _weights(name, folder)
    return config


def _files(name: str, folder: Path) -> Iterator[Path]:
    """Every file below the folder; a link, a pipe or a device on the way is refused."""
    seen = 0
    for here, folders, files in os.walk(folder):
        for entry in sorted((*folders, *files)):
            path = Path(here) / entry
            mode, seen = path.lstat().st_mode, seen + 1
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise Refused("link", name=name, file=path.relative_to(folder))
            if seen > MOST:
                raise Refused("strange", name=name, file=path.relative_to(folder))
            if stat.S_ISREG(mode):
                yield path


def _named(name: str, path: Path, shown: str) -> None:
    suffix = path.suffix.lower()
    if suffix in CODE:
        raise Refused("code", name=name, file=shown)
    if suffix in PICKLES:
        raise Refused("pickle", name=name, file=shown)
    if (suffix not in READ and path.name not in PLAIN) or path.name == "adapter_config.json":
        raise Refused("strange", name=name, file=shown)


def _filled(name: str, path: Path, shown: str) -> None:
    suffix = path.suffix.lower()
    if suffix == ".safetensors" and not _is_safetensors(path):
        raise Refused("weights", name=name, file=shown)
    if suffix == ".json" and path.name not in TEXT_ONLY:
        _judge(name, shown, _json(name, path, shown))


def _judge(name: str, shown: str, value: Any) -> None:
    """Refuse a setting that runs code, however deep it stands."""
    if isinstance(value, list):
        for part in value:
            _judge(name, shown, part)
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        if key in SETTINGS and part not in (None, False):
            raise Refused("setting", name=name, file=shown, key=key)
        # modules.json of sentence-transformers: a class of another package would be imported
        foreign = isinstance(part, str) and not part.startswith("sentence_transformers.")
        if Path(shown).name == "modules.json" and key == "type" and foreign:
            raise Refused("setting", name=name, file=shown, key=part)
        _judge(name, shown, part)


def _weights(name: str, folder: Path) -> None:
    """One file, or several that an index names; the index may name nothing elsewhere."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        if not (folder / "model.safetensors").is_file():
            raise Refused("weights", name=name, file="model.safetensors")
        return
    for part in set(setting(name, index).get("weight_map", {}).values()):
        if not isinstance(part, str) or Path(part).name != part:
            raise Refused("outside", name=name, file=index.name, key=part)
        if not (folder / part).is_file():
            raise Refused("weights", name=name, file=part)


def _is_safetensors(path: Path) -> bool:
    """Eight bytes of length, a JSON header of that length, then numbers: no pickle begins so."""
    size = path.stat().st_size
    with path.open("rb") as source:
        length = int.from_bytes(source.read(8), "little")
        if size < 8 or length > min(size - 8, LARGEST_JSON):
            return False
        try:
            return isinstance(json.loads(source.read(length)), dict)
        except (ValueError, RecursionError):
            return False


def setting(name: str, path: Path) -> dict[str, Any]:
    """The JSON object of a file. Raises Refused."""
    found = _json(name, path, path.name)
    if not isinstance(found, dict):
        raise Refused("json", name=name, file=path.name)
    return found


def _json(name: str, path: Path, shown: str) -> Any:
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise Refused("json", name=name, file=shown)
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("json", name=name, file=shown) from None
