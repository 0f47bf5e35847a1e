"""The settings the tests run with: local mode, and quick where quickness changes nothing tested."""

import os

os.environ["LOCAL_MODE"] = "1"
os.environ["SITE_URL"] = "http://localhost:8000"
os.environ.pop("EMAIL_URL", None)

from config.settings import *  # noqa: F403
from config.settings import DATABASES, VAR_DIR

# Tests stand days apart with one and the same browser.
SESSION_IDLE_MINUTES = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, so that several connections can meet in it as they do in production.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
