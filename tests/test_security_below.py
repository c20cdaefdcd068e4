"""SEC-25: below a path of a larger site, and what the neighbours there get to see."""

import ast

import pytest

from tests.test_security_web import under_https

pytestmark = pytest.mark.django_db
HERE = "/recweb"
BELOW = """
import re
from wsgiref.util import setup_testing_defaults
from django.conf import settings as s
from recweb.lib import answers
from recweb.wsgi import application
def get(path):
    environ = {"PATH_INFO": path, "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    heads = []
    def begin(status, headers): heads.extend([("status", status), *headers])
    return heads, b"".join(application(environ, begin)).decode()
for path in ("/login/", "/recweb/login/", "/recweb/", "/recweb-evil/login/"):
    heads, page = get(path)
    print(path, dict(heads)["status"][:3], dict(heads).get("Location", "-"))
    print([v for k, v in heads if k == "Set-Cookie"])
    print(re.findall(r'(?:href|src|action)="(/[^"]*)', page))
print(s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)
print(re.findall(r'(?:href|src)="(/[^"]*)', answers.below('<a href="/"><link href="/static/x">')))
"""


def test_sec_25_below_a_path_everything_stays_below_it() -> None:
    env = {"DJANGO_SETTINGS_MODULE": "tests.settings", "HTTPS": "0", "SUB_PATH": HERE}
    lines = under_https(BELOW, **env).splitlines()
    for at in (0, 3):  # the proxy took the prefix off, or passed it on
        assert lines[at].split()[1:] == ["200", "-"]
        assert "Path=/recweb;" in lines[at + 1] and "SameSite=Lax" in lines[at + 1]
        links = ast.literal_eval(lines[at + 2])
        assert len(links) > 3 and all(link.startswith("/recweb/") for link in links), links
    assert lines[6].split()[1:] == ["302", "/recweb/login/?next=/recweb/"]
    assert lines[9].split()[1] == "404", "a neighbour of the same beginning is not ours"
    assert lines[12].split() == ["/recweb", "sessionid", "csrftoken"]
    assert ast.literal_eval(lines[13]) == ["/recweb/", "/recweb/static/x"]


def test_sec_25_below_a_path_and_over_https_no_cookie_claims_the_whole_host() -> None:
    program = (
        "from django.conf import settings as s\nprint(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    )
    found = under_https(program, SUB_PATH="/recweb").split()
    assert found == ["__Secure-sessionid", "__Secure-csrftoken"]
    with pytest.raises(AssertionError, match="SUB_PATH must look like"):
        under_https(program, SUB_PATH="recweb")
