"""What the LiverCAD module of 3D Slicer is made of; `livercad.core`, the server's own language, comes with it."""

import importlib.util
import sys
from pathlib import Path

VERSION = "0.1.0"

if importlib.util.find_spec("livercad") is None:  # a checkout: in the installed extension CMake has put it beside us
    sys.path.append(str(Path(__file__).resolve().parents[2] / "monailabel_app"))
