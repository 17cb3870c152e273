"""The closed lists of living documents (§1 and §3.1): sections, types, keys, values."""

from typing import Final

SECTIONS: Final = ("breathscape", "hardware", "tips", "vision", "community")
REQUIRED_SECTIONS: Final = SECTIONS[:4]
DEFAULT_SECTION: Final = "breathscape"
SECTION_NAMES: Final = {
    "breathscape updates": "breathscape",
    "hardware development": "hardware",
    "wellness tips": "tips",
    "company vision": "vision",
    "community highlights": "community",
} | {section: section for section in SECTIONS}

TYPES: Final = ("update", "blog", "announcement", "session")
TYPE_ALIASES: Final = {"session_summary": "session"}
CHANNELS: Final = ("email", "web", "social", "preview")
DEFAULT_CHANNELS: Final = ("email", "web", "social")
TEMPLATES: Final = (
    "modern",
    "minimal",
    "plain",
    "breathscape",
    "announcement",
    "weekly_update",
    "session_summary",
    "blog_announcement",
    "auto",
)
BLOG_CATEGORIES: Final = (
    "Breathing Techniques",
    "Science & Research",
    "Wellness",
    "Technology",
    "Community",
    "General",
)
URGENCIES: Final = ("low", "medium", "high", "critical")
SENSITIVITIES: Final = (
    "medical",
    "legal",
    "financial",
    "crisis",
    "partnership",
    "competitor",
    "regulatory",
    "personal_data",
    "pricing",
)
STRATEGIES: Final = ("auto", "living", "structured", "json", "markdown", "freeform")
DEFAULT_AUTHOR: Final = "Halcytone Team"
DEFAULT_PRIORITY: Final = 3
ARCHIVE_PRIORITY: Final = 5

ITEM_KEYS: Final = (
    "type",
    "category",
    "seo_description",
    "urgency",
    "published",
    "featured",
    "channels",
    "priority",
    "scheduled_for",
    "dry_run",
    "template",
    "author",
    "tags",
    "excerpt",
    "slug",
    "expires_at",
    "call_to_action",
    "media_contact",
    "press_release",
    "source",
    "budget",
    "sensitive",
    "weekly",
)
DIRECTIVE_KEYS: Final = (*ITEM_KEYS, "zone")
REPEATABLE: Final = frozenset({"source"})
FREE_TEXT: Final = frozenset(
    {"seo_description", "author", "excerpt", "call_to_action", "media_contact", "source", "tags"}
)
ANNOUNCEMENT_KEYS: Final = (
    "urgency",
    "expires_at",
    "call_to_action",
    "media_contact",
    "press_release",
)
FIELDS: Final = ("date", "title", "content", "tags", "link", "image", "alt", "source", "author")
TAG_LIMITS: Final = {"blog": 15}
DEFAULT_TAG_LIMIT: Final = 10
TECHNIQUES: Final = (
    "Box Breathing",
    "4-7-8 Breathing",
    "Coherent Breathing",
    "Belly Breathing",
    "Alternate Nostril",
    "Breath of Fire",
    "Lions Breath",
    "Humming Bee",
    "Cooling Breath",
)
# ISO 4217, the codes of money in use.
_ISO_4217 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD "
    "FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY "
    "KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR "
    "ZMW ZWG"
)
CURRENCIES: Final = frozenset(_ISO_4217.split())
