"""What the approvals app announces. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

review_submitted = Signal()  # review: it waits for its first voices, also after a resubmission
review_decided = Signal()  # decision: one person, or the policy, spoke about one seal
review_approved = Signal()  # review: every voice about every rendition is there
review_unsealed = Signal()  # review, formats: the names of the formats that lost their approval
review_recalled = Signal()  # review: its approval was taken back
review_closed = Signal()  # review: it was rejected or withdrawn
