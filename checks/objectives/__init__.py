"""Service levels as objectives: how much of the time each was met, what is left of its error budget, and how fast that
goes; and how soon people respond. Read `timeline` first, then `budget`.

    results of runs -> spells -> timeline -> attained, budget, burn -> document, page, signals
"""
