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
    # releases
    "planned": ("info", "clock", "Planned", "It leaves at its time."),
    "releasing": ("info", "release", "Releasing", "It is leaving now."),
    "held": ("warn", "pause", "Held", "Nothing leaves until somebody resumes it."),
    "incomplete": ("warn", "question", "Incomplete", "Something has to be settled by a person."),
    "done": ("ok", "check", "Done", "The books balance and nothing is uncertain."),
    "cancelled": ("", "cross", "Cancelled", "It will not leave."),
    # deliveries
    "claimed": ("info", "clock", "Claimed", "A worker holds it."),
    "handed_over": ("info", "release", "Handed over", "It is being given to the outside."),
    "confirmed": ("ok", "check", "Confirmed", "The outside gave its receipt."),
    "uncertain": ("warn", "question", "Uncertain", "It may or may not have been taken; a person settles it."),
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
