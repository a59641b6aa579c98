"""Build the site of the documentation into ``build/site``: ``python -m docs.site [FOLDER]``."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from docs.site import command_line, control_plane, python_client, typescript_client
from docs.site.links import find_broken
from docs.site.staging import ROOT, load_navigation, stage

FIRST = """<!doctype html><meta charset="utf-8"><title>mockserver</title>
<meta http-equiv="refresh" content="0; url={start}"><a href="{start}">mockserver</a>
"""


def write_reference(folder: Path) -> None:
    """Write the pages that are made from code and documents."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "command-line.md": command_line.write_page(),
        "control-plane.md": control_plane.write_page(),
        "bodies.md": control_plane.write_bodies(),
        "python.md": python_client.write_page(),
        "typescript.md": typescript_client.write_page(),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


def build(site: Path) -> list[str]:
    """What is wrong with the site, a line for each; Sphinx prints its warnings itself, and each is an error."""
    source = site.with_name(f"{site.name}-source")
    for folder in (source, site):
        shutil.rmtree(folder, ignore_errors=True)
    stage(source)
    write_reference(source / "reference")
    start = load_navigation()["start"].removesuffix(".md")
    options = ["-b", "html", "-c", str(Path(__file__).parent), "-D", f"root_doc={start}", "-d", str(source / ".doctrees")]
    code = build_main([*options, "-q", "-W", "--keep-going", "-j", "2", str(source), str(site)])
    (site / "index.html").write_text(FIRST.format(start=f"{start}.html"), encoding="utf-8")
    return ["Sphinx has warned; its lines stand above"] * bool(code) + find_broken(site)


def main() -> None:
    site = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build" / "site"
    begin = time.monotonic()
    wrong = build(site)
    print(*wrong, f"{site}/index.html, {time.monotonic() - begin:.0f} s, {len(wrong)} errors", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
