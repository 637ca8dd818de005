"""The report: pages that quote `results/ledger.json` and `results/evidence`, and compute nothing.

One Sphinx extension in small modules: `store` reads, `elements` writes HTML, `roles` and
`directives` are what pages may say, `pages` holds one builder for each kind of page, `build`
stages the book and runs Sphinx strictly, `gates` are the checks of the built pages.
"""
