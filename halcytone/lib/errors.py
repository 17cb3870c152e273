"""The errors this project raises. Their texts are safe to show: rule, who can help, the way on.

HalcytoneError
├── WrongState      the row is not where the caller thought
├── NotAllowed      this person may not do this; says which right and who has it
├── Invalid         the input breaks rules; carries a list of problems, each with a place
└── RemoteError     another system let us down
    ├── Refused     it said no; asking again will not help
    ├── Unavailable it surely did not take it; safe to ask again
    └── Unclear     it may have taken it: never repeated by a machine
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule and its place. `attr` names a field, format or path; `line` is 1-based."""

    code: str
    message: str
    attr: str = ""
    line: int | None = None
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class HalcytoneError(Exception):
    """Base of every error that a caller is meant to handle.

    `code` is the same word in the admin, the API, mails and the log.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class WrongState(HalcytoneError):
    code = "wrong_state"


class NotAllowed(HalcytoneError):
    code = "not_allowed"


class Invalid(HalcytoneError):
    """The input breaks rules. `problems` has one entry for each, in reading order."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem] | str, *, code: str | None = None) -> None:
        if isinstance(problems, str):
            problems = [Problem(code or self.code, problems)]
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems), code=code)


class RemoteError(HalcytoneError):
    code = "remote_error"


class Refused(RemoteError):
    code = "refused"


class Unavailable(RemoteError):
    """`retry_after_s` is what the other side asked for, or None when it did not say."""

    code = "unavailable"

    def __init__(
        self, message: str, *, retry_after_s: int | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class Unclear(RemoteError):
    code = "unclear"
