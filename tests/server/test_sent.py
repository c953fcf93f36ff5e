"""What is said of files that a client has sent names them as the client does."""

from __future__ import annotations

from pathlib import Path

from livercad.server.sent import told_as_sent


def test_an_answer_names_files_by_their_place_below_the_folder_that_was_sent() -> None:
    folder = Path("/tmp/livercad-1/infer-2/sent")
    told = {
        "findings": {"images": [{"source": f"{folder}/a.png"}, {"source": f"{folder}/sub/b.dcm"}], "case": "a"},
        "problems": (f"Left out: {folder}/c.png: found no picture",),
        "series": f"{folder} (series 1.2.3)",
        "latencies": {"total": 1.5},
        "saliency": None,
    }
    assert told_as_sent(told, {folder: ""}) == {
        "findings": {"images": [{"source": "a.png"}, {"source": "sub/b.dcm"}], "case": "a"},
        "problems": ["Left out: c.png: found no picture"],
        "series": "(series 1.2.3)",
        "latencies": {"total": 1.5},
        "saliency": None,
    }
    assert told_as_sent(told["findings"], {}) == told["findings"], "A case of the studies folder keeps its paths."
