"""All formats of a weekly edition of 20 pieces, against Jinja2 and css-inline for its newsletter alone.

The yardstick is given the values ready made: no Markdown is read, no text is cut, nothing is checked. Each
round has new texts, so that nothing is remembered from the one before.
"""

from css_inline import CSSInliner
from django.conf import settings
from jinja2 import Environment
from mjml import mjml2html

from content.formats import letter, origins, templates
from content.services import rendering
from tests.bench.edition import weekly
from tests.bench.table import Row, least

PIECES, ROUNDS, AIM = 20, 40, 3.0


def run():
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)
    source = (templates.ROOT / "email" / "weekly_update.mjml").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string(mjml2html(source))

    def alone(number):
        values = letter.letter(weekly(PIECES, f"alone {number}"))
        return lambda: inliner.inline(template.render(values))

    def rendered(number):
        edition = weekly(PIECES, f"rendered {number}")
        return lambda: [rendering.make(name, edition) for name in settings.FORMATS]

    def checked(number):
        edition = weekly(PIECES, f"checked {number}")
        return lambda: [_check(rendering.make(name, edition), edition) for name in settings.FORMATS]

    for work in (alone, rendered, checked):
        work("warm")()
    return [_row("render", rendered, alone, AIM), _row("render and check", checked, alone, None)]


def _check(made, edition):
    return origins.findings(made.format, edition, made.rendered.content)


def _row(verb, ours, alone, aim):
    mine, theirs = least(ours, alone, rounds=ROUNDS)
    absolute = f"{mine * 1000:.1f} ms against {theirs * 1000:.1f} ms"
    work = f"{verb} all formats of {PIECES} pieces"
    return Row(work, "Jinja2 + css-inline alone", mine / theirs, aim, absolute, is_time=True)
