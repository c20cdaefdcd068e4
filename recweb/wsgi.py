"""The web server's entry: `gunicorn recweb.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")
os.environ.setdefault("RECWEB_WEB", "1")  # pages never wait for ever: settings.DATABASES

application = get_wsgi_application()
