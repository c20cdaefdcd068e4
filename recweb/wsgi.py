"""The web server's entry: `gunicorn recweb.wsgi`."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from recweb.runtime.spawn import THREADS

# small products gain nothing by a second thread, and idle ones of four requests take each
# other's cores: measured, twice the processor time of a list
for name in THREADS:
    os.environ.setdefault(name, "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")
os.environ.setdefault("RECWEB_WEB", "1")  # pages never wait for ever: settings.DATABASES

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def below(app: App, prefix: str) -> App:
    """Proxies differ in whether they take SUB_PATH off before they pass a request on."""

    def stripped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(f"{prefix}/"):
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        return app(environ, start_response)

    return stripped


def _application() -> App:
    from django.conf import settings

    made: App = get_wsgi_application()
    return below(made, settings.SUB_PATH) if settings.SUB_PATH else made


application = _application()
