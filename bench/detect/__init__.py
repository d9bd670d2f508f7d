"""How well learned detection finds faults in real series, beside what others ship. See docs/detection-benchmark.md.

The way through: `sources` reads shipped files, `tuning` and `held_out` (together: `catalogue`) build series, `faults`
injects, `tasks` pairs the two, `detectors` score (`rules`: published formulas, `models`: fitted forecasts, `study`: the
rule that the goals were set beside, `vitals`: ours), `measure` turns scores into false alarms and recall, `results`
keeps them, `table` writes Markdown.
"""
