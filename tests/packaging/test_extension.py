"""The Slicer extension's frame: what Slicer's build and module loader ask of names and files."""

import ast
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "SlicerLiverCAD"
STUB = Path(__file__).parent / "cmake_stub"
CMAKE = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")

needs_cmake = pytest.mark.skipif(
    CMAKE is None or not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="CMake's configure step needs cmake (extra test) and a C++ compiler",
)


def configure(source: Path, build: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(CMAKE), "-S", str(source), "-B", str(build), f"-DSlicer_DIR={STUB}", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def extension_copy(tmp_path) -> Path:
    copy = tmp_path / "source"
    shutil.copytree(EXTENSION, copy / "SlicerLiverCAD", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CMakeLists.txt", copy)
    return copy


@needs_cmake
def test_the_extension_configures_and_installs_all_its_files(tmp_path):
    configured = configure(ROOT, tmp_path / "build")
    assert configured.returncode == 0, configured.stderr
    subprocess.run([str(CMAKE), "--install", tmp_path / "build", "--prefix", tmp_path / "installed"], check=True)
    modules = next((tmp_path / "installed").rglob("LiverCAD.py")).parent
    packaged = {path.relative_to(modules).as_posix() for path in modules.rglob("*") if path.is_file()}
    ours = {path.relative_to(EXTENSION).as_posix() for path in EXTENSION.rglob("*.p*") if path.suffix != ".pyc"}
    assert ours <= packaged
    code = "import LiverCADLib, livercad.core.annotation; print(livercad.core.annotation.__file__)"
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(modules)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(modules)


@needs_cmake
def test_the_modules_own_test_is_registered_where_tests_are_built(tmp_path):
    for is_on in (True, False):
        configured = configure(ROOT, tmp_path / str(is_on), f"-DBUILD_TESTING={'ON' if is_on else 'OFF'}")
        assert configured.returncode == 0, configured.stderr
        assert ("Tests of LiverCAD.py are registered" in configured.stdout) is is_on


@needs_cmake
def test_a_file_that_would_not_be_packaged_is_an_error(extension_copy, tmp_path):
    (extension_copy / "SlicerLiverCAD" / "Forgotten.py").touch()
    configured = configure(extension_copy, tmp_path / "build")
    assert configured.returncode != 0
    assert "does not list Forgotten.py" in configured.stderr


@needs_cmake
def test_a_listed_file_that_is_missing_is_an_error(extension_copy, tmp_path):
    (extension_copy / "SlicerLiverCAD" / "LiverCAD.py").unlink()
    configured = configure(extension_copy, tmp_path / "build")
    assert configured.returncode != 0
    assert "lists LiverCAD.py, which does not" in configured.stderr


def test_the_modules_classes_are_those_that_slicer_looks_for_by_name():
    tree = ast.parse((EXTENSION / "LiverCAD.py").read_text(encoding="utf-8"))
    bases = {node.name: ast.unparse(node.bases[0]) for node in tree.body if isinstance(node, ast.ClassDef)}
    assert bases == {
        "LiverCAD": "ScriptedLoadableModule",
        "LiverCADLogic": "ScriptedLoadableModuleLogic",
        "LiverCADWidget": "ScriptedLoadableModuleWidget",
        "LiverCADTest": "ScriptedLoadableModuleTest",
    }


def test_the_module_imports_only_what_slicer_brings():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in EXTENSION.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    brought = {"qt", "ctk", "vtk", "slicer", "SampleData", "SimpleITK", "numpy", "scipy", "requests", "urllib3"}
    brought |= {"LiverCADLib", "livercad"}  # ours
    assert {name.partition(".")[0] for name in names} <= brought | sys.stdlib_module_names


def test_the_icon_is_a_square_png_of_128_pixels():
    data = (EXTENSION / "Resources" / "Icons" / "LiverCAD.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (128, 128)
