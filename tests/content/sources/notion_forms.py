"""What somebody would set at Notion: in the form that its stand-in takes, and as its API tells it."""

from content.sources.notion_reading import Page
from content.sources.tree import Code, Heading, ListItem, Paragraph, Quote, Rule, Table
from halcytone.sandbox.notion_rows import made_id, whole_column, whole_value


def forms(blocks, images=None):
    """Return the blocks as Notion nests them. `images` are ids at the stand-in, by address."""
    found, open_items = [], []
    for block in blocks:
        form = _form(block, images or {})
        depth = block.level - 1 if isinstance(block, ListItem) else block.inside
        del open_items[depth:]
        siblings = open_items[-1].setdefault("children", []) if open_items else found
        if isinstance(block, ListItem):
            _number(form, block, siblings)
            open_items.append(form)
        siblings.append(form)
    return found


def rich(runs):
    return [
        {
            "text": {"content": run.text, "link": {"url": run.link} if run.link else None},
            "annotations": {
                "bold": run.bold, "italic": run.italic, "strikethrough": run.strike, "code": run.code,
            },
        }
        for run in runs
    ]  # fmt: skip


def block(kind, words="", **body):
    """Return a block of this kind. `words` are a text or runs."""
    text = words if isinstance(words, str) else rich(words)
    children = body.pop("children", ())
    made = {"type": kind, kind: {"rich_text": text, **body} if words != "" else body}
    return made | ({"children": list(children)} if children else {})


def _number(form, item, siblings):
    before = siblings[-1]["type"] if siblings else ""
    if item.number and before != "numbered_list_item":
        form["numbered_list_item"]["list_start_index"] = item.number


def _form(made, images):
    match made:
        case Heading():
            return block(f"heading_{made.level}", made.runs)
        case ListItem() if made.is_checked is not None:
            return block("to_do", made.runs, checked=made.is_checked)
        case ListItem():
            kind = "bulleted_list_item" if made.number is None else "numbered_list_item"
            return block(kind, made.runs)
        case Paragraph() if made.runs[0].image:
            (run,) = made.runs
            return block("image", type="file", file={"image": images[run.image]}, caption=run.text)
        case Paragraph():
            return block("paragraph", made.runs)
        case Quote():
            return block("quote", f"{made.runs[0].text}\n— {made.attribution[0].text}")
        case Code():
            return block("code", made.text, language=made.language or "plain text")
        case Table():
            rows = [
                block("table_row", cells=[rich(cell.runs) for cell in row]) for row in made.rows
            ]
            return block("table", has_column_header=made.rows[0][0].is_head, children=rows)
        case Rule():
            return block("divider")
    raise TypeError(type(made).__name__)


def told(form, number=0):
    """Return a block, with all that it contains, as the API tells it."""
    kind = form["type"]
    body = {name: whole_value(name, value) for name, value in form[kind].items()}
    id = form.get("id") or made_id(str(number), repr(form))
    return {"id": id, "type": kind, kind: body, "children": _told(form.get("children", ()))}


def page(*blocks, id="0a1b2c3d-0000-4000-8000-00000000000a", **columns):
    """Return a page with these columns (`title` if none is given) and blocks."""
    columns = columns or {"title": "A page"}
    properties = {name: whole_column(name, value) for name, value in columns.items()}
    return Page({"id": id, "properties": properties}, _told(blocks))


def _told(blocks):
    return [told(form, number) for number, form in enumerate(blocks)]
