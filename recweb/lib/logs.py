"""One JSON line for each log record: nothing a user typed can forge a line or show a secret."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

request_id: ContextVar[str] = ContextVar("request_id", default="")

MASK = "[hidden]"
_NAMED = re.compile(
    r"(?i)\b(token|password|passwd|secret|secret_key|sessionid|csrftoken|csrfmiddlewaretoken"
    r"|authorization|cookie|x-csrftoken)(\"?'?\s*[=:]\s*)"
    r"(\"[^\"]*\"|'[^']*'|(?:token |bearer )?[^\s&,;}\"']+)"
)


def _own() -> list[str]:
    """Values that must never be written down, whatever carries them."""
    database = settings.DATABASES["default"].get("PASSWORD") or ""
    broker = urlsplit(settings.CELERY_BROKER_URL or "").password or ""
    return [value for value in (settings.SECRET_KEY, str(database), broker) if len(value) > 5]


def hide(text: str) -> str:
    for value in _own():
        text = text.replace(value, MASK)
    return _NAMED.sub(rf"\1\2{MASK}", text)


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hide(record.getMessage()),
        }
        if found := request_id.get():
            line["request_id"] = found
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line.update(
                {
                    key: hide(value) if isinstance(value, str) else value
                    for key, value in facts.items()
                }
            )
        if record.exc_info:
            line["trace"] = hide(self.formatException(record.exc_info))
        # ASCII only: escapes control characters, ANSI colours and right-to-left marks alike
        return json.dumps(line, ensure_ascii=True, default=str)
