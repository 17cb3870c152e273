"""Settings of the processes of the crash matrix: the product's own channels, in small batches.

Stand-ins list what they took at once, so that an absence needs no time to be believed. One connection and
batches of four make the count of uncertain mails the same on every machine.
"""

from tests.settings import *  # noqa: F403

HAND_OVER_BATCH = 4
OUTBOUND = "sandbox"
for _name in ("platform", "x", "mastodon", "linkedin", "facebook", "instagram"):
    CHANNELS[_name]["OPTIONS"] = {"settle_s": 0}  # noqa: F405
CHANNELS["smtp"]["OPTIONS"] = {"connections": 1}  # noqa: F405
