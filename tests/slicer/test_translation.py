"""Sentences in the user's language, also those that worker threads make."""

import threading

import pytest
import slicer.i18n

from LiverCADLib import translation
from LiverCADLib.clientErrors import ClientError
from LiverCADLib.jobs import JobRunner
from LiverCADLib.translation import _

GERMAN = {"{done} of {all}": "{done} von {all}", "Nothing. {reason}": "Nichts. {reason}", "{a}: {b}": "{b} ({a})"}


@pytest.fixture(autouse=True)
def german(monkeypatch):
    """Translates as Slicer would, and notes which thread asked and for what part of the module."""
    asked = []

    def translate(context, text):
        asked.append((context, threading.current_thread() is threading.main_thread()))
        return GERMAN.get(text, text)

    monkeypatch.setattr(translation, "translate", translate)
    return asked


def run(function):
    """Let a worker do something; answer the job when it has ended."""
    runner = JobRunner()
    job = runner.start("Work", function)
    job.outcome = []
    for signal in (job.done, job.failed):
        signal.connect(job.outcome.append)
    runner.wait()
    return job


def test_a_sentence_of_the_gui_thread_is_a_plain_text(german):
    text = _("{done} of {all}")
    assert type(text) is str and text == "{done} von {all}"
    assert german == [("test_translation", True)]


def test_what_a_worker_reports_is_translated_where_it_is_shown(german):
    def work(task):
        inner = _("{done} of {all}").format(done=1, all=2)
        task.report(0.5, _("{a}: {b}").format(a="x", b=inner))
        assert not german, "a worker never asks Slicer"

    job = run(work)
    assert job.text == "1 von 2 (x)"
    assert f"{job.text}!" == "1 von 2 (x)!"
    assert german and all(isGuiThread for _context, isGuiThread in german)


def test_an_error_of_a_worker_is_told_in_the_users_language():
    def work(task):
        raise ClientError(_("Nothing. {reason}").format(reason=""))

    assert str(run(work).outcome[0]) == "Nichts."


def test_slicer_itself_is_never_asked_by_a_worker():
    assert "translated in a worker thread" in str(run(lambda task: slicer.i18n.tr("Text")).outcome[0])
