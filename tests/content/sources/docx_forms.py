"""Word documents made of blocks, as Word would save them."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from content.sources.tree import Code, Heading, ListItem, Paragraph, Quote, Rule, Table

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative"'
)
TYPES = """<?xml version="1.0"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Override PartName="/word/document.xml" ContentType="{main}"/></Types>"""
PLAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = {
    "Title": "Title", "Quote": "Quote", "Code": "HTML Preformatted", "Caption": "caption",
    **{f"Heading{n}": f"heading {n}" for n in range(1, 7)},
}  # fmt: skip


def of(*blocks, footnotes=None, pictures=None):
    """Return a .docx of these blocks; `pictures` are bytes by the address that runs name."""
    made = _Making(footnotes or {}, pictures or {})
    body = "".join(made.block(block) for block in blocks)
    return made.packed(body)


def with_body(body, **parts):
    """Return a .docx whose body is this XML; `parts` are further files by their names."""
    made = _Making({}, {})
    return made.packed(body, parts)


class _Making:
    def __init__(self, footnotes, pictures):
        self.footnotes, self.pictures = footnotes, pictures
        self.links, self.numbered = [], []
        self.open = {}  # list and last number, by level
        self.called = []

    def block(self, block):
        match block:
            case Heading():
                return self.paragraph(block.runs, f'<w:pStyle w:val="Heading{block.level}"/>')
            case ListItem():
                return self.paragraph(block.runs, self.numbering(block), self.box(block))
            case Quote():
                style = '<w:pStyle w:val="Quote"/>'
                said = self.paragraph(block.runs, style)
                by = self.runs(block.attribution)
                return said + (f"<w:p><w:pPr>{style}</w:pPr>{_run('— ')}{by}</w:p>" if by else "")
            case Code():
                style = '<w:pStyle w:val="Code"/>'
                lines = block.text.split("\n")
                return "".join(f"<w:p><w:pPr>{style}</w:pPr>{_run(line)}</w:p>" for line in lines)
            case Table():
                return f"<w:tbl>{''.join(map(self.row, _grid(block)))}</w:tbl>"
            case Paragraph():
                return self.paragraph(block.runs)
        raise TypeError(block)

    def paragraph(self, runs, properties="", before=""):
        about = f"<w:pPr>{properties}</w:pPr>" if properties else ""
        return f"<w:p>{about}{before}{self.runs(runs)}</w:p>"

    def numbering(self, item):
        """A list goes on in the one before it; a number that does not follow begins another."""
        listed, number = self.open.get(item.level, (1, None))
        if item.number is None:
            listed = 1
        elif number is None or number != item.number - 1:
            self.numbered.append((item.level - 1, item.number))
            listed = 1 + len(self.numbered)
        self.open[item.level] = (listed, item.number)
        return f'<w:numPr><w:ilvl w:val="{item.level - 1}"/><w:numId w:val="{listed}"/></w:numPr>'

    def box(self, item):
        if item.is_checked is None:
            return ""
        checked = f'<w14:checked w14:val="{int(item.is_checked)}"/>'
        sign = "☒" if item.is_checked else "☐"
        about = f"<w:sdtPr><w14:checkbox>{checked}</w14:checkbox></w:sdtPr>"
        return f"<w:sdt>{about}<w:sdtContent>{_run(sign)}</w:sdtContent></w:sdt>"

    def row(self, cells):
        is_head = all(cell.is_head for cell, _ in cells if cell)
        about = "<w:trPr><w:tblHeader/></w:trPr>" if is_head else ""
        return f"<w:tr>{about}{''.join(self.cell(*cell) for cell in cells)}</w:tr>"

    def cell(self, cell, merge):
        span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell and cell.columns > 1 else ""
        merged = {"": "", "restart": '<w:vMerge w:val="restart"/>', "go on": "<w:vMerge/>"}[merge]
        words = self.paragraph(cell.runs) if cell else "<w:p/>"
        return f"<w:tc><w:tcPr>{span}{merged}</w:tcPr>{words}</w:tc>"

    def runs(self, runs):
        return "".join(map(self.run, runs))

    def run(self, run):
        if run.footnote:
            self.called.append(run.footnote)
            return f'<w:r><w:footnoteReference w:id="{len(self.called)}"/></w:r>'
        if run.image:
            return self.image(run)
        made = _run(run.text, run)
        if run.link:
            self.links.append(run.link)
            return f'<w:hyperlink r:id="link{len(self.links)}">{made}</w:hyperlink>'
        return made

    def image(self, run):
        place = list(self.pictures).index(run.image)
        return drawing(f"image{place}", f"descr={quoteattr(run.text)}")

    def packed(self, body, parts=()):
        files = {
            "[Content_Types].xml": TYPES.format(main=PLAIN),
            "_rels/.rels": _relations({"d": (f"{R}/officeDocument", "word/document.xml", "")}),
            "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": _relations(self.targets()),
            "word/styles.xml": _styles(),
            "word/numbering.xml": self.lists(),
            "word/footnotes.xml": self.notes(),
            **{f"word/media/{n}.png": data for n, data in enumerate(self.pictures.values())},
            **dict(parts),
        }
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return out.getvalue()

    def targets(self):
        links = {
            f"link{n}": (f"{R}/hyperlink", link, "External") for n, link in enumerate(self.links, 1)
        }
        images = {
            f"image{n}": (f"{R}/image", f"media/{n}.png", "") for n in range(len(self.pictures))
        }
        return links | images

    def notes(self):
        notes = "".join(
            f'<w:footnote w:id="{n}">{self.paragraph(self.footnotes[key])}</w:footnote>'
            for n, key in enumerate(self.called, 1)
        )
        return f"<w:footnotes {SPACES}>{notes}</w:footnotes>"

    def lists(self):
        kinds = "".join(
            f'<w:abstractNum w:abstractNumId="{n}">{_levels(form)}</w:abstractNum>'
            for n, form in enumerate(["bullet", *["decimal"] * len(self.numbered)], 1)
        )
        starts = "".join(
            f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/><w:lvlOverride w:ilvl="{level}">'
            f'<w:startOverride w:val="{start}"/></w:lvlOverride></w:num>'
            for n, (level, start) in enumerate(self.numbered, 2)
        )
        bullets = '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        return f"<w:numbering {SPACES}>{kinds}{bullets}{starts}</w:numbering>"


def drawing(relation, about):
    """Return a run with an inline image; `about` are attributes such as descr."""
    blip = f'<pic:blipFill><a:blip r:embed="{relation}"/></pic:blipFill>'
    graphic = f"<a:graphic><a:graphicData><pic:pic>{blip}</pic:pic></a:graphicData></a:graphic>"
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture" {about}/>{graphic}'
        "</wp:inline></w:drawing></w:r>"
    )


def _run(text, look=None):
    marks = ""
    if look is not None:
        names = {"bold": "b", "italic": "i", "strike": "strike"}
        marks = "".join(f"<w:{tag}/>" for name, tag in names.items() if getattr(look, name))
        marks += '<w:rStyle w:val="Coded"/>' if look.code else ""
    words = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in text.split("\n")
    )
    return f"<w:r><w:rPr>{marks}</w:rPr>{words}</w:r>"


def _grid(table):
    """Yield rows of (cell, merge); a cell that another one spans from above is (None, "go on")."""
    hanging = {}
    for row in table.rows:
        made, column, cells = [], 0, list(row)
        while cells or hanging.get(column):
            if hanging.get(column):
                hanging[column] -= 1
                made.append((None, "go on"))
                column += 1
                continue
            cell = cells.pop(0)
            if cell.rows > 1:
                hanging[column] = cell.rows - 1
            made.append((cell, "restart" if cell.rows > 1 else ""))
            column += cell.columns
        yield made


def _levels(form):
    return "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/></w:lvl>'
        for level in range(9)
    )


def _relations(targets):
    lines = "".join(
        f'<Relationship Id="{id}" Type="{kind}" Target={quoteattr(target)}'
        f"{' TargetMode=' + quoteattr(mode) if mode else ''}/>"
        for id, (kind, target, mode) in targets.items()
    )
    return f'<Relationships xmlns="{RELATIONS}">{lines}</Relationships>'


def _styles():
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/></w:style>'
        for id, name in STYLES.items()
    )
    coded = '<w:style w:type="character" w:styleId="Coded"><w:name w:val="HTML Code"/></w:style>'
    return f"<w:styles {SPACES}>{styles}{coded}</w:styles>"


__all__ = ["MACROS", "PLAIN", "TYPES", "Rule", "drawing", "of", "with_body"]
