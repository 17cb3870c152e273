"""What the domain name system says about whom a domain's mail may come from: SPF, DKIM, DMARC.

Asked of the resolver of this machine, in `live` only: in the sandbox no name is looked up.
"""

import dns.exception
import dns.resolver

LIFETIME_S = 5.0
SELECTORS = ("default", "mail", "smtp", "k1", "s1", "selector1", "google")


def problems(domain: str, selectors: tuple[str, ...] = SELECTORS) -> list[str]:
    """Return a sentence for each record that is missing or does not protect; [] when all are there."""
    found = []
    spf = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
    if len(spf) != 1:
        count = "no" if not spf else str(len(spf))
        found.append(f"{domain} has {count} SPF record; it needs one.")
    if not any(_key(domain, selector) for selector in selectors):
        found.append(f"No DKIM key of {domain} is published under {', '.join(selectors)}.")
    if not any(text.lower().startswith("v=dmarc1") for text in _dmarc(domain)):
        found.append(f"{domain} has no DMARC record.")
    return found


def _key(domain: str, selector: str) -> bool:
    return any("p=" in text for text in _texts(f"{selector}._domainkey.{domain}"))


def _dmarc(domain: str) -> list[str]:
    """Return the policy of the domain, else of the one above it."""
    above = domain.partition(".")[2]
    return _texts(f"_dmarc.{domain}") or (_texts(f"_dmarc.{above}") if "." in above else [])


def _texts(name: str) -> list[str]:
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=LIFETIME_S)
    except dns.exception.DNSException:
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
