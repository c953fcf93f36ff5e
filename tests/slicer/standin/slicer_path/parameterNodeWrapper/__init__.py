"""`slicer.parameterNodeWrapper`: a strict subset of Slicer's, which lets a class keep its state in a node of the scene.

Types: str, int, float, bool, pathlib.Path, enum.Enum (saved by name), MRML nodes (as references), lists and
dictionaries of these (nodes in lists only), Optional of these, and `parameterPack` classes. Others raise when the
class is declared.
"""

from slicer.parameterNodeWrapper.annotations import (
    Choice,
    Decimals,
    Default,
    Exclude,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
)
from slicer.parameterNodeWrapper.packs import isParameterPack, parameterPack
from slicer.parameterNodeWrapper.wrapper import isParameterNodeWrapper, parameterNodeWrapper

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "Maximum",
    "Minimum",
    "SingleStep",
    "WithinRange",
    "isParameterNodeWrapper",
    "isParameterPack",
    "parameterNodeWrapper",
    "parameterPack",
]
