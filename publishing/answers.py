"""Files that the desk and the API answer with."""

import tempfile

from django.http import FileResponse

from halcytone.lib.rights import Actor
from publishing.models import Release
from publishing.services import packages


def package(release: Release, *, by: Actor, with_people: bool) -> FileResponse:
    """Answer with the package of a release. It is written to a file first: one that fails is no half ZIP.

    Raises as `packages.write`.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it, and with that it is gone)
    try:
        packages.write(release, file, by=by, with_people=with_people)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"release-{release.pk}.zip"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
