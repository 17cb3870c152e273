"""What notices announce. Sent inside the transaction that makes it true."""

from django.dispatch import Signal

notified = Signal()  # people were told something: it can be taken to where they want to hear it
