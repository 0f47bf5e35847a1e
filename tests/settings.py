"""The settings the tests run with: local mode, and quick where quickness changes nothing tested."""

import os

os.environ["LOCAL_MODE"] = "1"
os.environ["SITE_URL"] = "http://localhost:8000"
os.environ.pop("EMAIL_URL", None)

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
