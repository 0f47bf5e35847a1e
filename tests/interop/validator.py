"""The Nu Html Checker (vnu), the validator of the W3C: what it holds against pages."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.interop.readers import HERE, missing

VNU = HERE / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def complaints(pages: dict[str, bytes]) -> list[str]:
    """The errors and warnings of pages: the name, the line, and what is wrong.

    All in one go: Java takes seconds to start, and little more to read hundreds of pages.
    """
    java = shutil.which("java")
    if java is None:
        missing("Java (Debian: apt-get install default-jre-headless)")
    if not VNU.is_file():
        missing("the Nu Html Checker: npm ci --prefix tests/interop")
    # Compiled quickly rather than well, which needs a larger stack: all is over in seconds.
    quickly = ["-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    options = ["--format", "json", "--exit-zero-always", "--stdout"]
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(pages.values()):
            Path(folder, f"{number}.html").write_bytes(content)
        ran = subprocess.run(
            [java, *quickly, "-jar", str(VNU), *options, folder],
            capture_output=True,
            timeout=180,
            check=True,
        )
    names = list(pages)
    return [
        f"{names[int(Path(each['url']).stem)]}, line {each.get('lastLine')}: "
        f"{each.get('subType', each['type'])}: {each['message']}"
        for each in json.loads(ran.stdout)["messages"]
    ]
