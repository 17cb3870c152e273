"""`python -m tests.publishing.matrix HOME POSTGRES_URL`: takes cells, a line of JSON each, and answers so."""

import json
import os
import sys
from pathlib import Path

import django

from tests.publishing.matrix.plan import Cell


def main(home, server):
    from tests.publishing.matrix.house import House

    house = House(home, server)
    try:
        for line in sys.stdin:
            try:
                found = house.strike(Cell(*json.loads(line)))
            except Exception as error:  # noqa: BLE001 - that cell failed; the next may be made
                found = {"broke": f"{type(error).__name__}: {error}"[:600]}
            print(json.dumps(found), flush=True)
    finally:
        house.close()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.publishing.matrix.settings"
    django.setup()
    main(Path(sys.argv[1]), sys.argv[2])
