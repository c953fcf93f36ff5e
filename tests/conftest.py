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
