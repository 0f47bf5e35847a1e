"""Settings of the bare project: the product's database, and nothing else of it."""

from config.settings import ALLOWED_HOSTS as ALLOWED_HOSTS
from config.settings import DATABASES as DATABASES
from config.settings import SECRET_KEY as SECRET_KEY

INSTALLED_APPS = ["bench.bare"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.bare.views"
WSGI_APPLICATION = "bench.bare.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
