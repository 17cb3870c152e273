import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from halcytone.lib.bodies import Measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "halcytone.settings")

application = Measured(get_wsgi_application(), settings.REQUEST_MAX_BYTES)
