"""Fixtures that every test may use."""

from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real CT and ultrasound data, which is never part of the project."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real development data is not on this machine ({REAL_DATA})")
    return REAL_DATA


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store of MLflow's, which takes seconds to make."""
    from livercad.learning.tracking import DATABASE, Tracking

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVERCAD_MODELS", str(tmp_path_factory.mktemp("empty")))
        tracking = Tracking()
        assert tracking.client and tracking.exists
    return tracking.folder / DATABASE
