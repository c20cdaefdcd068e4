"""Which language model is asked, by environment: off unless an admin names one.

Standard library only, as the registry reads it. LLM_URL: the address up to /v1; LLM_MODEL: its
name there; LLM_KEY: optional; LLM_TIMEOUT: seconds for one answer; LLM_TRIES: how often one
question is put; LLM_PARALLEL: questions on the way at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REASONS = {
    "off": (
        "No language model is set up: an admin names one by LLM_URL and LLM_MODEL.",
        "尚未设置语言模型：请管理员通过 LLM_URL 和 LLM_MODEL 指定。",
    ),
    "url": (
        "LLM_URL must be an http or https address without user name, query or fragment, such as "
        "https://host/v1.",
        "LLM_URL 必须是不含用户名、查询和片段的 http 或 https 地址，例如 https://host/v1。",
    ),
    "name": (
        "LLM_URL is set and LLM_MODEL is not: name the model.",
        "已设置 LLM_URL 但未设置 LLM_MODEL：请指定模型名称。",
    ),
    "number": (
        "{name} must be a number from {low} to {high}.",
        "{name} 必须是 {low} 到 {high} 之间的数。",
    ),
    "key": (
        "LLM_KEY holds a character that no header can carry.",
        "LLM_KEY 含有请求头无法携带的字符。",
    ),
    "denied": (
        "{host} refuses the key (status {status}): correct LLM_KEY.",
        "{host} 拒绝了密钥（状态 {status}）：请更正 LLM_KEY。",
    ),
    "refused": (
        "{host} refuses the question (status {status}): check LLM_URL and LLM_MODEL.",
        "{host} 拒绝了请求（状态 {status}）：请检查 LLM_URL 和 LLM_MODEL。",
    ),
    "busy": (
        "{host} is busy (status {status}) and was still so after {tries} tries: try later, or "
        "lower LLM_PARALLEL.",
        "{host} 繁忙（状态 {status}），尝试 {tries} 次后仍然如此："
        "请稍后再试，或降低 LLM_PARALLEL。",
    ),
    "slow": (
        "{host} gave no answer within {seconds:g} s, {tries} times: raise LLM_TIMEOUT.",
        "{host} 在 {seconds:g} 秒内没有回答（共 {tries} 次）：请提高 LLM_TIMEOUT。",
    ),
    "unreachable": (
        "{host} cannot be reached ({tries} tries).",
        "无法连接 {host}（尝试 {tries} 次）。",
    ),
    "garbled": (
        "{host} answers, but not as an OpenAI-compatible endpoint does ({tries} tries).",
        "{host} 有回应，但不符合 OpenAI 兼容接口的格式（尝试 {tries} 次）。",
    ),
    "large": (
        "{host} sent more than {most} bytes for one answer.",
        "{host} 的一次回答超过 {most} 字节。",
    ),
}
NUMBERS = {
    "LLM_TIMEOUT": (30.0, 0.1, 600.0),
    "LLM_TRIES": (3.0, 1.0, 10.0),
    "LLM_PARALLEL": (4.0, 1.0, 64.0),
}


class Unanswered(ValueError):
    """No answer came. `code` is a key of REASONS, `details` fills it; the key is in neither."""

    def __init__(self, code: str, **details: object) -> None:
        self.code, self.details = code, details
        super().__init__(self.said("en"))

    def said(self, language: str) -> str:
        """The sentence in "en" or "zh-hans"."""
        return REASONS[self.code][language.startswith("zh")].format(**self.details)


@dataclass(frozen=True)
class Endpoint:
    """Where to ask. The key is in no repr, so that no log and no traceback shows it."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 30.0
    tries: int = 3
    parallel: int = 4
    pause: float = 0.5  # seconds before the second try; doubled before each later one

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def endpoint(environ: Mapping[str, str] = os.environ) -> Endpoint:
    """The endpoint that the environment names. Raises Unanswered: off, url, name, number, key."""
    url = environ.get("LLM_URL", "").strip().rstrip("/")
    if not url:
        raise Unanswered("off")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        sound &= parts.username is None and not (parts.query or parts.fragment)
        sound &= parts.port is None or parts.port > 0
    except ValueError:
        sound = False
    if not sound or not url.isascii() or any(sign.isspace() for sign in url):
        raise Unanswered("url")
    model, key = environ.get("LLM_MODEL", "").strip(), environ.get("LLM_KEY", "").strip()
    if not model:
        raise Unanswered("name")
    if not (key.isascii() and (key.isprintable() or not key)):
        raise Unanswered("key")
    timeout, tries, parallel = (_number(environ, name) for name in NUMBERS)
    return Endpoint(url, model, key, timeout, int(tries), int(parallel))


def fault(environ: Mapping[str, str] = os.environ, language: str = "en") -> str:
    """Why no language model can be asked, "" when one can (nothing is asked to find out)."""
    try:
        endpoint(environ)
    except Unanswered as error:
        return error.said(language)
    return ""


def _number(environ: Mapping[str, str], name: str) -> float:
    usual, low, high = NUMBERS[name]
    given = environ.get(name, "").strip()
    try:
        value = float(given) if given else usual
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise Unanswered("number", name=name, low=f"{low:g}", high=f"{high:g}")
    return value
