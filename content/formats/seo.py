"""What search engines and shares are told about a page."""

from typing import Any

from content.formats import paths, titles
from content.formats.base import Edition
from content.formats.truncate import truncate

SEO_TITLE_MAX = 60
DESCRIPTION_MIN, DESCRIPTION_MAX = 50, 160
HEADLINE_MAX = 110  # schema.org rich results
_LANGUAGE = "en"


def title(text: str) -> str:
    return truncate(text, SEO_TITLE_MAX)


def description(edition: Edition, excerpt: str) -> str:
    """Return 50 to 160 characters: what someone wrote, else the excerpt, said in full if short."""
    given = str(edition.pieces[0].fields.get("seo_description") or "")
    text = given if given and len(edition.pieces) == 1 else excerpt
    if len(text) < DESCRIPTION_MIN:
        mark = "" if text.endswith((".", "!", "?", "…", "。")) else "."
        text = f"{text}{mark} Published by {edition.site.name} on {titles.long_date(edition.slot)}."
    return truncate(text, DESCRIPTION_MAX)


def json_ld(edition: Edition, content: dict[str, Any], words: int) -> dict[str, Any]:
    """Return schema.org facts: a BlogPosting, or an Article for the breathscape template."""
    site = edition.site
    organization: dict[str, Any] = {
        "@type": "Organization",
        "name": site.name,
        "url": site.base_url,
    }
    logo = {"logo": {"@type": "ImageObject", "url": site.logo_url}} if site.logo_url else {}
    image = next((piece.image for piece in edition.pieces if piece.image), "")
    return {
        "@context": "https://schema.org",
        "@type": "Article" if edition.template == "breathscape" else "BlogPosting",
        "headline": truncate(content["title"], HEADLINE_MAX),
        "description": content["seo_description"],
        "datePublished": edition.slot.isoformat(),
        "dateModified": edition.slot.isoformat(),
        "author": organization,
        "publisher": {**organization, **logo},
        "mainEntityOfPage": {"@type": "WebPage", "@id": content["canonical"]},
        "keywords": content["tags"],
        "inLanguage": _LANGUAGE,
        "wordCount": words,
        **({"image": image} if image else {}),
    }


def open_graph(edition: Edition, content: dict[str, Any]) -> dict[str, str]:
    """Return Open Graph and X card properties with their values."""
    pictured = next((piece for piece in edition.pieces if piece.image), None)
    return {
        "og:type": "article",
        "og:site_name": edition.site.name,
        "og:title": content["seo_title"],
        "og:description": content["seo_description"],
        "og:url": paths.url(edition),
        "article:published_time": edition.slot.isoformat(),
        "twitter:card": "summary_large_image" if pictured else "summary",
        **({"og:image": pictured.image, "og:image:alt": pictured.alt} if pictured else {}),
    }
