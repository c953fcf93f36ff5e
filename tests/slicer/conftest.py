"""Starts the stand-in before any test imports `qt` or `slicer`."""

from standin.start import start

import LiverCADLib  # noqa: F401  (finds livercad.core)

start()

from case_scene import benches_end, case_scene, client, phases, session, side_by_side  # noqa: E402, F401
from crop_scene import crops, lesions  # noqa: E402, F401
from pauses import asking_threads  # noqa: E402, F401
from real_server import real_server  # noqa: E402, F401
from standin.fixtures import (  # noqa: E402, F401
    dialogs,
    followers_end,
    heartbeat,
    main_window,
    nothing_uncaught,
    scene,
    slicer_app,
)
