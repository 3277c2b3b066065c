"""Guards of labels and of the ids that they are counted by."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional

_IDS, _REPORTS, _BOOK = "labels/ids.py", "labels/reports.py", "aws/labels.py"
_IDS_TESTS = ("tests/unit/labels/test_ids.py",)
_REPORT_TESTS = ("tests/unit/labels/test_reports.py",)
_ONCE = "a label is counted once"
_OURS = "only a label of a request that we know of is counted"

LABELS = (
    Guard(
        name="mac-of-an-id",
        keeps=_OURS,
        file=_IDS,
        old='if not hmac.compare_digest(inference_id, f"{body}.{_mac(key, endpoint, body)}"):',
        new="if False:",
        tests=_IDS_TESTS,
    ),
    Guard(
        name="endpoint-of-an-id",
        keeps=_OURS,
        file=_IDS,
        old='said = f"steelyard-inference-id/{endpoint}/{body}".encode()',
        new='said = f"steelyard-inference-id/{body}".encode()',
        tests=_IDS_TESTS,
    ),
    Guard(
        name="id-that-expired",
        keeps=_ONCE,
        file=_IDS,
        old="if issued < now - HORIZON:",
        new="if False:",
        tests=_IDS_TESTS,
    ),
    Guard(
        name="id-from-the-future",
        keeps=_ONCE,
        file=_IDS,
        old="if issued > now + _SKEW:",
        new="if False:",
        tests=_IDS_TESTS,
    ),
    Guard(
        name="mark-of-an-id",
        keeps=_ONCE,
        file=_BOOK,
        old='**condition, **_names({"#key": "key"})',
        new="",
        tests=functional("labels"),
    ),
    Guard(
        name="marks-outlive-ids",
        keeps=_ONCE,
        file=_BOOK,
        old="_MARKS_KEPT = HORIZON + timedelta(days=1)",
        new="_MARKS_KEPT = HORIZON - timedelta(days=1)",
        tests=functional("labels", "labels_faults"),
    ),
    Guard(
        name="id-twice-in-a-batch",
        keeps=_ONCE,
        file=_BOOK,
        old="first.setdefault(report.inference_id, report)",
        new="first[report.inference_id] = report",
        tests=functional("labels"),
    ),
    Guard(
        name="labels-are-read-consistently",
        keeps=_ONCE,
        file=_BOOK,
        old='"ConsistentRead": True,',
        new="",
        tests=functional("labels_read"),
    ),
    Guard(
        name="variant-that-is-known",
        keeps=_OURS,
        file=_REPORTS,
        old="if variant not in known.variants:",
        new="if False:",
        tests=_REPORT_TESTS,
    ),
    Guard(
        name="reports-of-a-batch",
        keeps="what strangers write is bounded",
        file=_REPORTS,
        old="if len(reports) > MOST_REPORTS:",
        new="if False:",
        tests=_REPORT_TESTS,
    ),
)
