"""The checklists that Halcytone brings along as data: six items each, and the five of a launch.

Source: approvals specification, checklists and impact assessment.

An item may name the machine result that is shown beside it (`EVIDENCE`); no result ever ticks it.
"""

from collections.abc import Mapping

#: key → (name, [(item, machine result shown beside it)])
LISTS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "creation": (
        "Creation",
        (
            ("Type and template are right", "settings"),
            ("Required fields are filled in", "checks"),
            ("Validation passed", "checks"),
            ("Channels are right", "formats"),
            ("The schedule is right", "slot"),
            ("A dry run was made", "dry_run"),
        ),
    ),
    "editorial": (
        "Editorial",
        (
            ("Spelling and grammar", ""),
            ("Brand voice", ""),
            ("Facts verified with their sources", "facts"),
            ("The right length for each channel", "checks"),
            ("A clear call to action", ""),
            ("Images are good and relevant", "images"),
        ),
    ),
    "technical": (
        "Technical",
        (
            ("The schema passes", "checks"),
            ("Search engine work is done (web)", "checks"),
            ("Formatted for each channel", "formats"),
            ("Media are optimised", "images"),
            ("It works across platforms", ""),
            ("Tracking is set", ""),
        ),
    ),
    "marketing": (
        "Marketing alignment",
        (
            ("Audience", "audience"),
            ("Channel mix", "formats"),
            ("Timing", "slot"),
            ("Competitive positioning", "triggers"),
            ("Metrics are defined", ""),
            ("Business goal", ""),
        ),
    ),
    "brand": (
        "Brand",
        (
            ("Voice and tone", ""),
            ("Visual standards", "images"),
            ("Consistent with campaigns", ""),
            ("Legal and compliance", "triggers"),
            ("Prepared for a crisis", "impact"),
            ("Stakeholders are aligned", "impact"),
        ),
    ),
    "publication": (
        "Publication",
        (
            ("Final approval", "stages"),
            ("Channels are configured", "formats"),
            ("Tracking is on", ""),
            ("Error handling is ready", ""),
            ("Success metrics", ""),
            ("Monitoring is booked", ""),
        ),
    ),
    "tuesday": (
        "Tuesday 08:00",
        (
            ("Figures are current", "facts"),
            ("Links work", "checks"),
            ("Images are optimised", "images"),
            ("Social versions are reviewed", "formats"),
            ("The mail is tested across clients", ""),
            ("Search elements of the page", "checks"),
        ),
    ),
    "launch": (
        "Launch",
        (
            ("Renditions are adapted", "formats"),
            ("Stakeholders are told", "impact"),
            ("Media are contacted", "impact"),
            ("The crisis team is on call", "impact"),
            ("Monitoring is on", ""),
        ),
    ),
}
