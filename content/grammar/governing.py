"""What directives govern: a document, a section, an item; one of a key, and none without an object."""

from content.grammar.directives import Line
from content.grammar.problems import Log, Place
from content.grammar.vocabulary import REPEATABLE


def govern(target: list[Line], lines: list[Line], log: Log, *, is_document: bool = False) -> None:
    """Put directives over a document, section or item; a key stands once, zone only at the top."""
    keys = {line.directive.key for line in target if line.directive}
    for line in lines:
        found = line.directive
        if found is None:
            target.append(line)
        elif found.key in keys and found.key not in REPEATABLE:
            message = f"{found.key} was given before; the first one counts."
            code = log.add("directive_duplicate", found.place, message, hint="Keep one.")
            target.append(Line(codes=(code,)))
        elif found.key == "zone" and not is_document:
            message = "zone governs the whole document only."
            hint = "Put it above the first heading."
            target.append(
                Line(codes=(log.add("directive_orphan", found.place, message, hint=hint),))
            )
        else:
            keys.add(found.key)
            target.append(line)


def tell_orphans(lines: list[Line], log: Log) -> None:
    for line in lines:
        if line.directive is not None:
            log.add(
                "directive_orphan",
                Place(line.directive.line + 1, 1),
                f"The directive {line.directive.key} governs nothing.",
                hint="Put it directly above the heading of its section or item.",
            )
