"""One meaning, one colour, one icon and one sentence for every status word of the desk."""

#: {status: (tone, icon, word, sentence)}
STATES: dict[str, tuple[str, str, str, str]] = {
    # reviews
    "open": ("info", "review", "In review", "Approvers are looking at it."),
    "changes_requested": ("warn", "draft", "Changes requested", "The author has something to mend."),
    "approved": ("ok", "seal", "Approved", "Every stage said yes to exactly these bytes."),
    "unsealed": ("warn", "lock", "Unsealed", "Something changed after approval; it is asked again."),
    "late": ("bad", "clock", "Late", "The slot has passed; a person decides what happens."),
    "recalled": ("", "cross", "Recalled", "The approval was withdrawn before publication."),
    "rejected": ("bad", "cross", "Rejected", "An approver said no."),
    "withdrawn": ("", "cross", "Withdrawn", "The author took it back."),
    # stages
    "waiting": ("", "clock", "Waiting", "An earlier stage is not through yet."),
    "active": ("info", "review", "Open", "This stage may decide now."),
    "passed": ("ok", "check", "Passed", "This stage said yes."),
    "returned": ("warn", "draft", "Returned", "This stage asked for changes."),
    "skipped": ("", "check", "Skipped", "The policy does not need this stage."),
    # time
    "in_force": ("ok", "check", "In force", "She may speak now."),
    "to_come": ("info", "clock", "To come", "It begins on its first day."),
    "delegation_over": ("", "cross", "Over", "It ended; what was decided stays."),
    "away": ("warn", "pause", "Away", "She is absent today."),
    "at_work": ("", "check", "Not away", "No absence is noted for today."),
    "running_fast": ("warn", "release", "On the short way", "Its clocks run, and its stages run side by side."),
    # releases
    "planned": ("info", "clock", "Planned", "It leaves at its time."),
    "releasing": ("info", "release", "Releasing", "It is leaving now."),
    "held": ("warn", "pause", "Held", "Nothing leaves until somebody resumes it."),
    "incomplete": ("warn", "question", "Incomplete", "Something has to be settled by a person."),
    "done": ("ok", "check", "Done", "The books balance and nothing is uncertain."),
    "cancelled": ("", "cross", "Cancelled", "It will not leave."),
    "waits_for_page": ("warn", "clock", "Waits for its page", "It leaves as soon as the page that it links to is up."),
    "partly_out": ("warn", "warning", "Partly out", "Some of it is out, and some failed or is not settled."),
    "not_out": ("bad", "cross", "Nothing is out", "No row of it was confirmed by the outside."),
    # accounts
    "connected": ("ok", "check", "Connected", "The place took its credential when it was last asked."),
    "disconnected": ("bad", "block", "Disconnected", "It was disconnected; somebody signs in again."),
    "unauthorized": ("bad", "lock", "Not authorized", "The place does not take its credential."),
    "rate_limited": ("warn", "pause", "Rate limited", "The place asks to wait; its rows wait."),
    "not_asked": ("", "question", "Not asked yet", "Nobody has connected or checked it."),
    "breaker_open": ("bad", "pause", "Breaker open", "Its place failed again and again; rows wait."),
    "go": ("ok", "check", "Go", "Nothing stands against it."),
    "no_go": ("bad", "cross", "No-Go", "Nothing of it may go out like this."),
    # deliveries
    "claimed": ("info", "clock", "Claimed", "A worker holds it."),
    "handed_over": ("info", "release", "Handed over", "It is being given to the outside."),
    "confirmed": ("ok", "check", "Confirmed", "The outside gave its receipt."),
    "uncertain": ("warn", "question", "Uncertain", "It may or may not have been taken; a person settles it."),
    "prepared": ("warn", "draft", "Prepared for hand-work", "Ready to copy; a person posts it and says where it is."),
    "failed": ("bad", "cross", "Failed", "It was refused, or the attempts are used up."),
    "excluded": ("", "block", "Excluded", "It was left out, for the reason given."),
    # findings and problems
    "info": ("info", "info", "Info", "Good to know."),
    "warning": ("warn", "warning", "Warning", "Advice; it does not block."),
    "error": ("bad", "cross", "Error", "It blocks until it is mended."),
    "critical": ("bad", "cross", "Critical", "It blocks until it is mended."),
    # reading
    "completed": ("ok", "check", "Read", "The document was read."),
    "pending": ("", "clock", "Pending", "Waiting to be read."),
    "in_progress": ("info", "refresh", "Reading", "The document is being read."),
    "partial": ("warn", "warning", "Partly read", "Some of it could not be read."),
    "taken": ("ok", "check", "Taken in", "This reading is the one in use, or was."),
    "refused": ("", "cross", "Refused", "A person put this reading away."),
    "published": ("ok", "release", "Out", "It went out; what is out can be corrected, not unsaid."),
    "in_review": ("info", "review", "In review", "Approvers are looking at it."),
    # drafts
    "draft": ("", "draft", "Draft", "Nobody was asked yet."),
    # contacts
    "contact_pending": ("", "clock", "No answer yet", "She has not agreed to be written to."),
    "contact_active": ("ok", "check", "Active", "She agreed to be written to."),
    "contact_unsubscribed": ("", "block", "Unsubscribed", "She asked not to be written to."),
    "contact_bounced": ("bad", "cross", "Bounced", "Her address does not take mail."),
    "contact_inactive": ("", "block", "Inactive", "Her address does not take mail."),
    "contact_erased": ("", "block", "Erased", "Her data was erased on request."),
    "checked": ("info", "check", "Checked", "The dry run is done; nothing was written yet."),
    "running": ("info", "refresh", "Running", "Rows are being written."),
}  # fmt: skip

#: {traffic light of a deadline: (word, sentence)}
LIGHTS: dict[str, tuple[str, str]] = {
    "green": ("On time", "More time is left than this stage usually needs."),
    "amber": ("Tight", "Hardly more time is left than this stage usually needs."),
    "red": ("Short", "Less time is left than this stage usually needs."),
    "overdue": ("Overdue", "The time for this decision is over."),
}
