"""Stand-in servers on loopback: SMTP with a mailbox, the Platform, X, sources.

They speak the real wire formats, remember what they got and fail on demand, so that editors rehearse
and tests drive the real channel code without anything leaving the machine. The package needs no
Django: `manage.py sandbox`, `python -m halcytone.sandbox` and `running.run()` start the same servers.
"""
