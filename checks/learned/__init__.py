"""Judging a dataset by its own past: every series against a band that was learned, and what becomes of a value outside.

    before      what earlier runs have left
    families    which series are watched, how each is read, and how they share the budget of alerts
    past        what is known of them, as grids of series and buckets
    labels      what people said of the past: what is not learned from, where a new time begins
    judging     bands and verdicts; one alert for all that happened in the same bucket
    told        the results of a run, in words
    learning    all of it, for one run

`checks.detect` has the arithmetic and knows no dataset; here are datasets and no arithmetic.
"""
