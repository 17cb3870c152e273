"""Write down programs and networks that are known to open mails and links by machine.

Names and networks are those that their owners publish: Google, Microsoft and Apple their networks,
the makers of filters the names that their programs give.
"""

from django.db import migrations

MACHINES = (
    "barracuda", "mimecast", "proofpoint", "safelinks", "symantec", "forcepoint", "trendmicro",
    "bitdefender", "cloudmark", "messagelabs", "fireeye", "sophos", "bot", "crawler", "spider",
    "slurp", "curl", "wget", "python-requests", "python-httpx", "go-http-client", "java/", "okhttp",
    "headlesschrome", "phantomjs", "facebookexternalhit", "slackbot", "whatsapp", "skypeuripreview",
)  # fmt: skip
PROXIES = ("googleimageproxy", "yahoomailproxy", "ymail", "duckduckgo-image")
NETWORKS = {
    "40.92.0.0/15": ("machine", "Microsoft, mail protection"),
    "40.107.0.0/16": ("machine", "Microsoft, mail protection"),
    "52.100.0.0/14": ("machine", "Microsoft, mail protection"),
    "104.47.0.0/17": ("machine", "Microsoft, mail protection"),
    "66.249.64.0/19": ("unknown", "Google"),
    "64.233.160.0/19": ("unknown", "Google"),
    "72.14.192.0/18": ("unknown", "Google"),
    "74.125.0.0/16": ("unknown", "Google"),
    "209.85.128.0/17": ("unknown", "Google"),
    "17.0.0.0/8": ("unknown", "Apple, which loads images for its readers"),
}


def write(apps, schema_editor):
    scanners = apps.get_model("publishing", "Scanner").objects.using(schema_editor.connection.alias)
    for word in MACHINES:
        scanners.get_or_create(kind="agent", pattern=word, defaults={"verdict": "machine"})
    for word in PROXIES:
        note = "A mailbox provider's proxy, which fetches for its readers too"
        scanners.get_or_create(
            kind="agent", pattern=word, defaults={"verdict": "unknown", "note": note}
        )
    for network, (verdict, note) in NETWORKS.items():
        scanners.get_or_create(
            kind="network", pattern=network, defaults={"verdict": verdict, "note": note}
        )


class Migration(migrations.Migration):
    dependencies = [("publishing", "0005_tracked_links")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
