"""Replaying detection over what is remembered: what would have alerted, and what faults would have been found.

    remembered   the watched series of a dataset, out of the history
    replay       every bucket judged by a band made before it, as a run does; alerts against the budget and the labels
    faults       standard faults put into the real series, and how many of them are found
    document     all of it as one document; `show_backtest` says it in words, `page` draws it

The same arithmetic as in a run (`checks.learned`, `checks.detect`), so that the answer is about what runs will do. What
a series is replayed on is what the history knows of it now: a bucket that was restated is judged by its last value.
"""
