"""Copy the project's pages into a folder from which the site is built, in the layout of the repository."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
NAVIGATION = Path(__file__).with_name("navigation.yaml")
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
PICTURE = re.compile(r'<img src="(?!\w+:)([^"]+)"')
FENCE = re.compile(r"(^ *```.*?^ *```[ \t]*$)", re.MULTILINE | re.DOTALL)
OMITTED = {"node_modules", "test-results", "playwright-report", "site"}


def load_navigation() -> dict[str, Any]:
    """The start page, the sections with their pages, and the pages below others, as ``navigation.yaml`` has them."""
    loaded: dict[str, Any] = yaml.safe_load(NAVIGATION.read_text(encoding="utf-8"))
    return loaded


def list_pages(navigation: dict[str, Any]) -> list[str]:
    """Every page of the site, as paths from the root: those of ``docs``, those that the navigation names, and those to which these lead."""
    found = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md") if not OMITTED & set(page.parts)}
    named = [page for pages in [*navigation["sections"].values(), *navigation["below"].values()] for page in pages]
    found |= {page for page in named if "*" not in page and not page.startswith("reference/")}
    waiting = sorted(found)
    while waiting:
        new = set(_list_linked(waiting.pop())) - found
        found |= new
        waiting += sorted(new)
    return sorted(found)


def _list_linked(page: str) -> Iterator[str]:
    """The pages of the repository to which a page leads."""
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    for path, _ in LINK.findall(text):
        target = (ROOT / page).parent.joinpath(path).resolve()
        target = target / "README.md" if target.is_dir() else target
        if target.suffix == ".md" and target.is_file() and target.is_relative_to(ROOT):
            yield target.relative_to(ROOT).as_posix()


def stage(folder: Path) -> None:
    """Write every page, and every file to which one leads, into an empty folder, with the navigation in the pages that lead to others."""
    navigation = load_navigation()
    pages = list_pages(navigation)
    for page in pages:
        target = folder / page
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / page).read_text(encoding="utf-8")
        target.write_text(_write_links(text, page, folder) + _list_below(page, pages, navigation), encoding="utf-8")


def _write_links(text: str, page: str, folder: Path) -> str:
    """The page with links to folders leading to their pages; files that are no pages are copied."""
    for path in PICTURE.findall(text):
        _copy((ROOT / page).parent / path, folder)
    parts = FENCE.split(text)
    return "".join(part if part.lstrip().startswith("```") else LINK.sub(lambda link: _lead(link, page, folder), part) for part in parts)


def _lead(link: re.Match[str], page: str, folder: Path) -> str:
    path, anchor = link[1], link[2] or ""
    source = (ROOT / page).parent / path
    if source.is_dir():
        return f"{path.rstrip('/')}/README.md{anchor}"
    if source.suffix != ".md":
        _copy(source, folder)
    return path + anchor


def _copy(source: Path, folder: Path) -> None:
    """Copy a file that is no page to its place in the folder, if it is there; a link to a missing one is reported by the build."""
    target = folder / source.resolve().relative_to(ROOT)
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _list_below(page: str, pages: list[str], navigation: dict[str, Any]) -> str:
    """What the side bar shows below a page; for the start page, the sections."""
    if page == navigation["start"]:
        named = {one for named in navigation["sections"].values() for one in named} | {page} | _all_below(pages, navigation)
        more = [one for one in pages if one not in named]
        sections = navigation["sections"] | ({"More": more} if more else {})
        return "".join(_write_list(page, caption, entries) for caption, entries in sections.items()).replace("\n\n", "\n\nStart here <self>\n", 1)
    patterns = navigation["below"].get(page, [])
    return _write_list(page, "", _expand(patterns, page, pages)) if patterns else ""


def _all_below(pages: list[str], navigation: dict[str, Any]) -> set[str]:
    return {one for page, patterns in navigation["below"].items() for one in _expand(patterns, page, pages)}


def _expand(patterns: list[str], page: str, pages: list[str]) -> list[str]:
    return [one for pattern in patterns for one in pages if fnmatch(one, pattern) and one != page]


def _write_list(page: str, caption: str, entries: list[str]) -> str:
    above = "../" * (len(PurePosixPath(page).parts) - 1)
    lines = "\n".join(above + entry for entry in entries)
    return (
        f"\n```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {caption}\n\n{lines}\n```\n"
        if caption
        else f"\n```{{toctree}}\n:hidden:\n\n{lines}\n```\n"
    )
