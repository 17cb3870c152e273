"""What the approvals app announces. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

review_submitted = Signal()  # review, seals {format: sha256}: it waits for voices, maybe again
voices_asked = Signal()  # review, asks, hands: the voices that it waits for now, some maybe before
review_decided = Signal()  # decision: one person, or the policy, spoke about one seal
review_approved = Signal()  # review, seals by format: every voice about every rendition is there
review_unsealed = Signal()  # review, formats: the names of the formats that lost their approval
review_recalled = Signal()  # review: its approval was taken back
review_closed = Signal()  # review: it was rejected or withdrawn
role_changed = Signal()  # holder, by, is_given: somebody got or lost a voice
thread_changed = Signal()  # thread, by (None: a link), change: "opened", "replied", "resolved" …
mentioned = Signal()  # comment, people: whom it calls by name; never its author
review_claimed = Signal()  # review, person: she said that she is looking at it
review_released = Signal()  # review, person: whose claim ended before its time
opinions_answered = Signal()  # review, person: every request of the round has the author's answer
link_created = Signal()  # link: somebody without an account was asked
link_revoked = Signal()  # link, person: who took it back
link_locked = Signal()  # link: too many wrong codes; whoever made it should know

# what the clock does; `people` are those whom it concerns, each once
review_started_late = Signal()  # review, people: less time is left than its stages should have
reminder_due = Signal()  # stage, kind, people: part of its time is over; who is asked
delegate_offered = Signal()  # stage, person, delegates, is_away: who may act for her; maybe nobody
stage_escalated = Signal()  # stage, escalations, reason, people, managers: who may speak too
validation_unresolved = Signal()  # review, people: findings block and nobody mends them
executives_alerted = Signal()  # review, people: something critical was submitted
weekly_mark_reached = Signal()  # review, kind, people: a moment of the weekly edition's fixed clock
communications_called = Signal()  # review, people: a crisis was submitted
review_late = Signal()  # review, people: its slot came without an approval; one of them decides
late_decided = Signal()  # review, choice, by, slot_wall: what a person decided about a late review

# who works when, and for whom
delegation_changed = Signal()  # delegation, change ("created", "changed", "ended"), by
absence_changed = Signal()  # absence, change ("created", "changed", "removed"), by
working_week_changed = Signal()  # person, by, week: None when it is the usual one again

# the short way
fast_track_started = Signal()  # track, people
fast_track_step_done = Signal()  # step, by
fast_track_step_overdue = Signal()  # step, people

# policies and legal matters
policy_changed = Signal()  # policy, previous: another version is in force for new reviews
impact_assessed = Signal()  # assessment, by, changed: the names of the answers that are new
trigger_disputed = Signal()  # trigger: somebody says that it is none
trigger_cleared = Signal()  # trigger: counsel cleared it; its `effect` says what that took away
legal_review_recorded = Signal()  # legal_review: counsel wrote or changed the record
