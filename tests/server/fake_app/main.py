"""A LiverCAD app without weights, for the tests: images of `SLOW_SLICES` slices keep the processor busy."""

import time

import numpy as np
from monailabel.interfaces.app import MONAILabelApp

import livercad.server.app as livercad_app
from fakes import FakeLiverFinder, full_analyzer
from livercad.errors import ModelError
from livercad.progress import silent
from server.abdomens import SLOW_S, SLOW_SLICES
from ultrasound_fakes import FakeUltrasoundModel


class SlowLiverFinder(FakeLiverFinder):
    def __call__(self, ct, progress=silent):
        if ct.shape[2] == SLOW_SLICES:
            work_hard(progress)
        return super().__call__(ct, progress)


class FakeApp(livercad_app.LiverCADApp, MONAILabelApp):  # MONAI Label looks for its own class among the direct bases
    recipes = "server.fake_recipes:RECIPES"

    def __init__(self, app_dir, studies, conf):
        # Off unless a test asks for it: others count what is done, or time it.
        super().__init__(app_dir, studies, {"scoring": "false", **(conf or {})})

    def make_analyzer(self):
        if self.options.minimum_volume_ml == 99:
            raise ModelError("liver-fake", found="no weights", expected="weights", todo="livercad models install")
        analyzer = full_analyzer(self.options.settings)
        analyzer.find_liver = SlowLiverFinder()
        return analyzer

    def load_ultrasound(self, task):
        if task == "qi2019":
            raise ModelError("qi2019", found="no weights", expected="weights", todo="livercad reproduce qi2019")
        return FakeUltrasoundModel(needs_circle=task == "yamakawa2020")


def work_hard(progress):
    """Hold the interpreter as a real pipeline does: array work in C, and Python in between."""
    rng = np.random.default_rng(0)
    end = time.monotonic() + SLOW_S
    steps = 0
    while time.monotonic() < end:
        np.sort(rng.standard_normal(300_000))
        sum(n * n for n in range(50_000))
        steps += 1
        progress(steps, steps + 10, "working hard")
