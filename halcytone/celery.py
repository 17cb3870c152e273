"""The workers' application. Tasks are entrances: the due rows in the tables are the queue."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "halcytone.settings")

app = Celery("halcytone")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
