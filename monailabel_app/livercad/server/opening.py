"""What begins when a server is up: recovery, models, jobs, trainings, scores; and how it all ends with the server."""

from __future__ import annotations

import atexit
import sys
import threading
from typing import TYPE_CHECKING

from livercad.server import housekeeping
from livercad.server.scoring import Scoring
from livercad.server.sole import occupy

if TYPE_CHECKING:
    from livercad.server.app import LiverCADApp

ENDING_S = 20.0
"""So long the end waits for a network that is at work or being loaded."""


def open_server(app: LiverCADApp) -> Scoring:
    """Take the studies folder, mend what a kill has left there, and start what goes on beside the requests.

    Parameters
    ----------
    app : LiverCADApp
        With its tasks; the web application is up.

    Returns
    -------
    Scoring
        At work, where the options ask for it.

    Raises
    ------
    InputError
        If another server is at work on the folder.
    """
    store = app.datastore()
    occupy(store.catalogue.root)
    store.recover()
    threading.Thread(target=store.assign_sides, name="assign sides", daemon=True).start()
    from livercad.server import outer  # it imports the routes, which a background task does not need

    monailabel_app = sys.modules.get("monailabel.app")
    application = outer.take_over(monailabel_app.app) if monailabel_app else outer.app
    jobs = application.state.jobs
    scoring = Scoring(app.datastore, app.analyses, jobs.any_left)

    def end() -> None:
        scoring.stop()
        app.trainer.close()
        jobs.cancel_all()

    def load_models() -> None:
        app.analyses.warm_up()
        app.releases.catch_up()

    housekeeping.end_with_signals(end)
    loading = threading.Thread(target=load_models, name="load models", daemon=True)
    loading.start()
    app.trainer.open(jobs)
    scoring.start(app.options.scoring)
    atexit.register(_wait, loading, scoring)
    return scoring


def _wait(loading: threading.Thread, scoring: Scoring) -> None:
    """Let threads leave the networks' own code: an interpreter that ends under them aborts the process."""
    scoring.stop()
    scoring.join(ENDING_S)
    loading.join(ENDING_S)
