"""The pages on runs that people read: one for each run, and a site over all brands and runs.

What a page says comes out of manifests and the ledger alone, by pure functions; only `runs_on_disk` and
`page_files` touch the disk. A page is one file without scripts, which asks nothing of a network.

Rule: what a page says comes out of manifests and the ledger alone.
"""
