"""Pages made of blocks, as an editor's system would write them."""

from html import escape

from content.sources.tree import Code, Heading, ListItem, Paragraph, Quote, Rule, Table


def page(*blocks, footnotes=None, pictures=None):
    """Return the HTML of an article of these blocks; `pictures` are addresses by the one that runs name."""
    body = "".join(_grouped(list(blocks), pictures or {}))
    notes = "".join(
        f'<li id="fn-{key}"><p>{_runs(runs, {})} <a href="#ref-{key}">↩</a></p></li>'
        for key, runs in (footnotes or {}).items()
    )
    end = f'<section class="footnotes"><hr><ol>{notes}</ol></section>' if notes else ""
    return f"<!doctype html><html><body><article>{body}{end}</article></body></html>"


def _grouped(blocks, pictures):
    while blocks:
        count = next((n for n, b in enumerate(blocks) if not isinstance(b, ListItem)), len(blocks))
        if count:
            yield _lists(blocks[:count], 1, pictures)
            del blocks[:count]
        else:
            yield _block(blocks.pop(0), pictures)


def _lists(items, level, pictures):
    """Return the lists of one level; a change of kind, or a number that does not follow, begins another."""
    made, open_tag, number = "", "", None
    while items:
        item, inner = items.pop(0), []
        while items and items[0].level > level:
            inner.append(items.pop(0))
        tag = "ul" if item.number is None else "ol"
        if tag != open_tag or (tag == "ol" and item.number != number + 1):
            start = f' start="{item.number}"' if tag == "ol" else ""
            made += f"{f'</{open_tag}>' if open_tag else ''}<{tag}{start}>"
        open_tag, number = tag, item.number
        box = {None: "", True: '<input type="checkbox" checked disabled> ',
               False: '<input type="checkbox" disabled> '}[item.is_checked]  # fmt: skip
        below = _lists(inner, level + 1, pictures) if inner else ""
        made += f"<li>{box}{_runs(item.runs, pictures)}{below}</li>"
    return f"{made}</{open_tag}>"


def _block(block, pictures):
    match block:
        case Heading():
            return f"<h{block.level}>{_runs(block.runs, pictures)}</h{block.level}>"
        case Paragraph():
            return f"<p>{_runs(block.runs, pictures)}</p>"
        case Quote():
            by = f"<footer>— <cite>{_runs(block.attribution, {})}</cite></footer>"
            return f"<blockquote><p>{_runs(block.runs, {})}</p>{by if block.attribution else ''}</blockquote>"
        case Code():
            return f"<pre><code>{escape(block.text)}\n</code></pre>"
        case Rule():
            return "<hr>"
        case Table():
            return f"<table>{''.join(map(_row, block.rows))}</table>"
    raise TypeError(block)


def _row(row):
    cells = ""
    for cell in row:
        tag = "th" if cell.is_head else "td"
        spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        cells += f"<{tag}{spans}>{_runs(cell.runs, {})}</{tag}>"
    return f"<tr>{cells}</tr>"


def _runs(runs, pictures):
    return "".join(_run(run, pictures) for run in runs)


def _run(run, pictures):
    if run.footnote:
        return f'<sup><a id="ref-{run.footnote}" href="#fn-{run.footnote}">{run.footnote}</a></sup>'
    if run.image:
        return f'<img src="{escape(pictures[run.image])}" alt="{escape(run.text)}">'
    made = escape(run.text).replace("\n", "<br>")
    for name, tag in (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "del")):
        made = f"<{tag}>{made}</{tag}>" if getattr(run, name) else made
    return f'<a href="{escape(run.link)}">{made}</a>' if run.link else made
