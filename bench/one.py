"""`python -m bench.one NAME FOLDER`: one bench on one database, whose figures it writes as JSON."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()
    bench = import_module(f"bench.{sys.argv[1]}")
    for figure in bench.measure(Path(sys.argv[2])):
        sys.stdout.write(json.dumps(asdict(figure)) + "\n")
        sys.stdout.flush()
