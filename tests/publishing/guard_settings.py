"""The product's own settings for production; only the ports of the stand-ins are those of the test."""

import json
import os

from halcytone.settings import *  # noqa: F403

SANDBOX_PORTS = json.loads(os.environ["GUARD_PORTS"])
