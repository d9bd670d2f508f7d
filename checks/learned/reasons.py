"""Why an alert opened: asked of the warehouse once, after the run, and kept with the alert.

One alert a run at most, the newest; an explanation is bounded by itself. Nothing here fails a run.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from checks.explain import Explanation, Words, to_document
from checks.history import History
from checks.records import Alert, Finding, Grain, RunReport
from checks.refusal import Refused
from connectors import SourceError

log = logging.getLogger(__name__)
#: what can be explained by segments of rows
_EXPLAINABLE = (
    "bucket_rows", "null_rate", "empty_count", "true_rate", "missing_count", "invalid_count", "violation_count", "mean",
    "category_count", "odd_form_count",
)  # fmt: skip
#: an alert about older days was found in the history, and nobody waits for its reason
_NEW = timedelta(days=3)


def explain_newest(
    report: RunReport, history: History, explain: Callable[[str, Words], Explanation], at: datetime
) -> None:
    """Explains the newest alert that the run has opened, and keeps the explanation with it."""
    alert = max(
        (alert for alert in report.learned.alerts if _is_new(alert, report)), key=lambda one: one.bucket, default=None
    )
    finding = next((one for one in alert.findings if one.metric.name in _EXPLAINABLE), None) if alert else None
    if alert is None or finding is None:
        return
    try:
        found = explain(report.dataset, _words(alert, finding))
        history.keep_explanation(alert, json.dumps(to_document(found), ensure_ascii=False), at)
    except (SourceError, Refused) as error:
        log.warning("%s: the alert of %s could not be explained: %s", report.dataset, alert.bucket, error)
    except Exception as error:  # noqa: BLE001 the run has ended well; its text may hold values of rows
        log.error("%s: explaining the alert of %s failed: %s", report.dataset, alert.bucket, type(error).__name__)


def _is_new(alert: Alert, report: RunReport) -> bool:
    young = alert.bucket >= report.started_at.replace(tzinfo=None) - _NEW
    return bool(alert.findings) and alert.grain is not Grain.TABLE and young


def _words(alert: Alert, finding: Finding) -> Words:
    return Words(finding.metric.name, alert.bucket, finding.metric.column, finding.metric.check)
