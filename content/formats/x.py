"""X: a post or a thread."""

from content.formats.weight import weighted_length

__all__ = ["weighted_length"]
