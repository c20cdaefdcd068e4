"""From what a catalogue says to the bytes of a picture, inside one folder and nowhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from training.encoders.decode import FORMATS, PIXELS, SHAPE
from training.encoders.decoder import SECONDS, Unread

BYTES = 32 * 2**20  # of a picture's file
NAME = 1024  # characters
SHOWN = ", ".join({"WEBP": "WebP"}.get(name, name) for name in FORMATS)

REASONS = {
    "address": (
        "is an address. Nothing is ever fetched: save the picture in the folder",
        "是网址。系统不会下载任何内容：请把图片保存到文件夹中",
    ),
    "path": (
        "is an absolute path or contains “..”. Write the name as it stands inside the folder",
        "是绝对路径或含有“..”。请写成文件夹内的名称",
    ),
    "outside": (
        "leads out of the folder by a link. Put the file itself there",
        "通过链接指向文件夹之外。请放入文件本身",
    ),
    "missing": ("is not in the folder", "不在文件夹中"),
    "no-file": ("is no plain file", "不是普通文件"),
    "bytes": (
        f"has more than {BYTES // 2**20} MB. Save it smaller",
        f"超过 {BYTES // 2**20} MB。请缩小后再保存",
    ),
    "format": (f"is none of {SHOWN}", f"不是以下格式：{SHOWN}"),
    "pixels": (
        f"unpacks to more than {PIXELS // 10**6} million pixels. Save it smaller",
        f"解开后超过 {PIXELS // 10**6} 百万像素。请缩小后再保存",
    ),
    "shape": (
        f"is over {SHAPE} times as long as it is wide, or the other way round",
        f"长边超过短边的 {SHAPE} 倍",
    ),
    "broken": ("is broken or cut off", "已损坏或不完整"),
    "stopped": (
        f"took its reader down, or over {SECONDS:.0f} s. It was left out",
        f"使读取程序中止，或超过 {SECONDS:.0f} 秒。已跳过",
    ),
    "no-vector": ("gives a vector that is no list of finite numbers", "得到的向量含有非有限数值"),
}


def said(code: str, language: str) -> str:
    """The reason after the file's name, in "en" or "zh-hans"."""
    return REASONS[code][language.startswith("zh")]


def place(root: Path, cell: str) -> Path:
    """The file of a cell: a name or a relative path below `root`. Raises decoder.Unread.

    root: an absolute folder without links in it (os.path.realpath).
    """
    if "://" in cell or cell.startswith("data:"):
        raise Unread("address")
    name = cell.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or name[1:2] == ":" or ".." in parts:
        raise Unread("path")
    if len(name) > NAME or "\0" in name:
        raise Unread("missing")
    try:
        found = Path(os.path.realpath(root / name, strict=True))
    except (OSError, ValueError):
        raise Unread("missing") from None
    if not found.is_relative_to(root):
        raise Unread("outside")
    return found


def content(path: Path) -> bytes:
    """The file's bytes. Raises decoder.Unread."""
    try:
        # NONBLOCK: a pipe must not keep us; NOFOLLOW: what was a file may be a link by now
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise Unread("missing") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unread("no-file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(BYTES + 1)
    if len(data) > BYTES:
        raise Unread("bytes")
    return data
