"""Judging a dataset by its own past: every series against a band that was learned, and what becomes of a value outside.

    before      what earlier runs have left
    families    which series are watched, how each is read, and how they share the budget of alerts
    watching    from when on each is watched, by what was known then
    codes       parts of a date and codes: numbers whose mean says nothing
    spending    what each may spend of the budget, at each bucket
    grids       series over buckets
    past        what is known of them, as such grids
    remembered  the same out of the history, without a run
    labels      what people said of the past: what is not learned from, where a new time begins
    judging     bands and verdicts; one alert for all that happened in the same bucket
    exact       rules without statistics: values that always had one length, columns that turned constant
    edges       what values can not go beyond: bands of means do not reach there
    categories  values of columns with few: those that vanish, those that are new
    turns       when it is known of a column that its values take turns: from then on it is not watched
    schema      the columns of the table against those that it had
    words       findings and bands in words
    told        the results of a run
    learning    all of it, for one run
    reasons     why the newest alert opened, asked of the warehouse after the run
    events      what people see: alerts that follow one another put together, with what was said of them
    masked      values that are names of series, for readers of columns that were classified since
    series      one series by itself: what is believed of it, and the smallest change that is seen

`checks.detect` has the arithmetic and knows no dataset; here are datasets and no arithmetic.
"""
