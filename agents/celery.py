"""Celery as the engine that delivers events, for merchants who run it already: EVENT_ENGINE=agents.celery.hand_over.

It needs `pip install "celery[redis]"` and `celery -A agents.celery worker` beside `manage.py work`, which hands over
again what got lost. Nothing imports this file unless that setting names it, so nobody else needs Celery.
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # Celery's own command has not set it

app = Celery("till", broker=settings.CELERY_BROKER_URL)
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
app.conf.broker_connection_timeout = 1.0  # seconds: a request must not wait for a broker that is down
app.conf.broker_transport_options = {"max_retries": 1, "socket_connect_timeout": 1.0, "socket_timeout": 2.0}


@app.task(name="till.deliver_event")
def deliver_event(sequence: int) -> None:
    """Make one try. Whether there is another, and when, is the row's business."""
    from agents.webhooks import deliver  # needs Django's apps, which Celery's command loads after this file

    deliver(sequence)


def hand_over(sequence: int) -> None:
    """Put an event's number into the queue."""
    deliver_event.apply_async([sequence], retry=False)
