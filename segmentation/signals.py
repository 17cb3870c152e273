"""What the audience announces, after it is committed. Higher apps answer in their receivers."""

from django.dispatch import Signal

#: A contact said no. Arguments: contact, channel, purpose, list ("" = none in particular).
contact_unsubscribed = Signal()

#: An address, domain or person went on the suppression list. Argument: suppression.
contact_suppressed = Signal()

#: A stored segment now means other people. Arguments: segment, by. Sent inside the transaction.
segment_changed = Signal()

#: A contact has another address now, or none. Arguments: contact, old (the address of before). Sent inside
#: the transaction.
address_changed = Signal()

#: A contact asked to be erased. Arguments: contact (her own fields are empty by now), address (the one she
#: had, "" = none). Whoever erases sends it inside the transaction, so that nothing of her is left elsewhere.
contact_erased = Signal()
