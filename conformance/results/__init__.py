"""``python -m conformance results``: what the documents report beside what comes out here.

`rows` says what is trained and what its document reports, `run` trains once, `workers` does so in
processes of their own, `table` sums up and shows.
"""
