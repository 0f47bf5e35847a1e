"""Finds what looks like a secret in the files that git knows; ends with 1 where there is one.

What is made up says so in its own words ("s3cret", "example"), or is too regular to be random.
Usage: python bin/leaks.py [FILE …]
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# Each with the secret itself as its first group.
CERTAIN = [
    re.compile(r"(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)"),
    re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b"),
    re.compile(
        r"\b((?:gh[pousr]|github_pat|glpat|xox[abp]|[sr]k_live|xkeysib|SG)[-_.][\w.-]{20,})"
    ),
    re.compile(r"\w+://[^/\s:@{}$<>\"'`]+:([^/\s:@{}$<>\"'`]{8,})@"),
]
# Only where what stands behind such a name is random.
NAMED = re.compile(
    r"(?i)(?:secret|passw(?:or)?d|api_?key|token)\w*[\"']?\s?[:=]\s?[\"']?([\w+/=-]{20,})(?![\w(])"
)
MADE_UP = re.compile(r"(?i)example|secret|password|s3cret|se%[34]\w|unused|%2b|made|key|token|code")
# Bits per character; 20 random letters and digits have over 3.5, a name in words less.
RANDOM_BITS = 3.5
MADE_HERE = {".git", ".venv", ".venv-next", "var", "node_modules", "static_collected"}
LEFT_OUT = re.compile(r"(\.lock|package-lock\.json|\.mo|\.po|\.min\.js)$|^static/vendor/")


def bits(text: str) -> float:
    """How much each character tells, in bits (Shannon)."""
    shares = [number / len(text) for number in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Lines by their numbers, and what in them looks like a secret."""
    for number, line in enumerate(text.splitlines(), 1):
        certain = [found[1] for sign in CERTAIN for found in sign.finditer(line)]
        random = [found[1] for found in NAMED.finditer(line) if bits(found[1]) > RANDOM_BITS]
        for secret in [*certain, *random]:
            if secret.startswith("-----") or not MADE_UP.search(secret):
                yield number, secret


def files() -> list[str]:
    """What git knows; where there is no repository, all but what is made here."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    paths = (path for path in Path().rglob("*") if not MADE_HERE.intersection(path.parts))
    return [str(path) for path in paths]


def main() -> int:
    """Look through all of them."""
    names = sys.argv[1:] or files()
    is_found = False
    for name in names:
        if LEFT_OUT.search(name) or not Path(name).is_file():
            continue
        try:
            text = Path(name).read_text()
        except UnicodeDecodeError:
            continue
        for number, secret in secrets_in(text):
            # Not the whole of it, which would then stand in a log as well.
            print(f"{name}:{number} holds what looks like a secret: {secret[:6]}…")
            is_found = True
    return int(is_found)


if __name__ == "__main__":
    sys.exit(main())
