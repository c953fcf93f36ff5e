"""Packaging of LiverCAD. Ranges here, the tested set in constraints.txt."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "monailabel_app/livercad/__init__.py").read_text(encoding="utf-8"))

REQUIREMENTS = [
    "anyio>=4.4",
    "connected-components-3d>=3.12",
    "fastapi>=0.135",  # fastapi.sse
    "h5py>=3.10",
    "filelock>=3.12",
    "isal>=1.6",  # reads and writes .nii.gz several times faster than zlib
    "jinja2>=3.1",
    "joblib>=1.4",
    "markupsafe>=2.1",
    "matplotlib>=3.8",
    "mlflow>=3.2,<4",  # since 3.2 it can be told to tell its makers nothing
    "monai>=1.5.2",
    "monailabel==0.8.5",  # the server works round defects of exactly this version
    "nibabel>=5.2",
    "numpy>=1.26,<2",  # MONAI Label 0.8.5 holds numpy 1
    "openvino>=2025.0",  # the default runtime of the networks on a CPU
    "pillow>=10",
    "psutil>=5.9",
    "pydantic>=2.6",
    "pydicom>=2.4,<3",  # pydicom-seg, which MONAI Label imports, fails with pydicom 3
    "rich>=13",
    "safetensors>=0.4",
    "scikit-image>=0.22",
    "scikit-learn>=1.5",
    "scipy>=1.15",
    "SimpleITK>=2.3",
    "sqlalchemy>=2",
    "starlette>=0.46",
    "threadpoolctl>=3.1",
    "torch>=2.6,<3",
    "torchvision>=0.21",  # backbones and detectors of the papers; 0.21 is of torch 2.6
    "typer>=0.12",
    "uvicorn>=0.27",
]
EXTRAS = {
    "cluster": ["ray>=2.30"],
    "test": [
        "cmake>=3.16",  # configures the Slicer extension against a stub
        "httpx>=0.27",
        "jsonschema>=3.2",
        "mypy>=1.10",
        "picai_eval==1.4.13",  # an FROC curve to hold ours against
        "pytest>=8",
        "pytest-timeout>=2.3",
        "ray>=2.30",
        "ruff>=0.6",
        "surface-distance==0.1",
    ],
}
EXTRAS["dev"] = sorted({*EXTRAS["cluster"], *EXTRAS["test"]})

PACKAGE_DATA = ["py.typed", "**/*.css", "**/*.html", "**/*.j2", "**/*.json", "**/*.md", "**/*.safetensors"]

setup(
    name="livercad",
    version=VERSION.group(1),
    description="Finds the liver and its lesions on CT, measures them, and serves them to 3D Slicer",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",  # 3.11 is what the tests run on
    package_dir={"": "monailabel_app"},
    packages=find_packages("monailabel_app", include=["livercad", "livercad.*"]),
    package_data={"livercad": PACKAGE_DATA},
    install_requires=REQUIREMENTS,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["livercad = livercad.cli.main:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Medical Science Apps.",
    ],
)
