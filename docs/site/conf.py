"""Settings of Sphinx for the site; ``make docs`` builds it from the staged pages."""

project = "mockserver"
html_title = "mockserver"
author = "The mockserver authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns: list[str] = []
myst_enable_extensions = ["html_image"]  # a picture with a width is written as an element
myst_heading_anchors = 4  # links to headings use the same names as on a forge
suppress_warnings = [
    "misc.highlighting_failure",  # blocks show excerpts, which need not be whole programs
    "ref.python",  # a short name in a signature may be that of two classes
]
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("errors.js", {"defer": "defer"})]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_permalinks_icon = "#"
html_show_search_summary = False  # a page from disk may not read the others, so a summary could not be shown
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
pygments_style = "tango"
pygments_dark_style = "monokai"
html_theme_options = {"navigation_with_keys": False, "top_of_page_buttons": []}
