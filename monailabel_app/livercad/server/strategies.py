"""Which case comes next. MONAI Label's own `Random` fails when the one case left is asked for twice in a second."""

from __future__ import annotations

import random
import time
from typing import Any

from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.strategy import Strategy


class First(Strategy):
    """The first case, by name, that has no final label."""

    def __init__(self) -> None:
        super().__init__("The first case without a final label")

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any] | None:
        """Choose a case; None if all have final labels."""
        cases = sorted(datastore.get_unlabeled_images())
        return {"id": cases[0]} if cases else None


class Random(Strategy):
    """A case without a final label, the likelier the longer nobody was given it."""

    def __init__(self) -> None:
        super().__init__("A random case without a final label")

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any] | None:
        """Choose a case; None if all have final labels."""
        cases = sorted(datastore.get_unlabeled_images())
        if not cases:
            return None
        now = time.time()
        given = [datastore.get_image_info(case).get("strategy", {}).get(request["strategy"], {}) for case in cases]
        weights = [max(1.0, now - entry.get("ts", 0)) for entry in given]
        return {"id": random.choices(cases, weights)[0]}
