"""`parameterNodeWrapper`: a class whose attributes are a node's parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from slicer.parameterNodeWrapper.gui import GuiConnection
from slicer.parameterNodeWrapper.packs import Parameter, declared_parameters, isParameterPack
from slicer.parameterNodeWrapper.readonly import ReadOnlyDict, ReadOnlyList


def isParameterNodeWrapper(cls: Any) -> bool:
    """Tell whether a class, or an object's, was made by `parameterNodeWrapper`."""
    return issubclass(cls if isinstance(cls, type) else type(cls), Wrapper)


def parameterNodeWrapper(cls: type) -> type:
    """Make a class of declarations one that wraps a vtkMRMLScriptedModuleNode."""
    parameters = declared_parameters(cls)
    namespace = {name: value for name, value in vars(cls).items() if name not in parameters}
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    return type(
        cls.__name__,
        (*(base for base in cls.__bases__ if base is not object), Wrapper),
        {
            **namespace,
            "_parameters": parameters,
            "_flat": flattened(parameters),
        },
    )


def flattened(parameters: dict[str, Any], prefix: str = "") -> dict[str, Parameter]:
    """Name the parameters of packs by ``pack.parameter``."""
    flat: dict[str, Parameter] = {}
    for name, declared in parameters.items():
        if isParameterPack(declared):
            flat |= flattened(declared._pack_parameters, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = declared
    return flat


class Wrapper:
    """What every wrapped class does. Everything is in the node: nothing is kept in the object itself."""

    _parameters: dict[str, Any]
    _flat: dict[str, Parameter]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        if not isinstance(parameterNode, slicer.vtkMRMLScriptedModuleNode):
            raise TypeError(f"{parameterNode!r} is no vtkMRMLScriptedModuleNode")
        vars(self).update(parameterNode=parameterNode, _prefix=f"{prefix}_" if prefix else "", _guis={}, _next_tag=0)
        unset = [name for name, about in self._flat.items() if not self._is_set(name, about)]
        modifying = parameterNode.StartModify()
        for name in unset:
            self._write(name, self._flat[name].default)
        parameterNode.EndModify(modifying)

    def __getattr__(self, name: str) -> Any:
        if name not in self._parameters:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        return self.getValue(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._parameters:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        self.setValue(name, value)

    def getValue(self, name: str) -> Any:
        """Read a parameter; that of a pack is called ``pack.parameter``."""
        if name in self._flat:
            return self._read(name)
        return self._read_pack(name, self._declared(name))

    def setValue(self, name: str, value: Any) -> None:
        """Set a parameter."""
        if name in self._flat:
            self._flat[name].kind.check(value)
            self._write(name, value)
            return
        pack = self._declared(name)
        if not isinstance(value, pack):
            raise TypeError(f"{value!r} is no {pack.__name__}")
        modifying = self.parameterNode.StartModify()
        for part in pack._pack_parameters:
            self.setValue(f"{name}.{part}", getattr(value, part))
        self.parameterNode.EndModify(modifying)

    def default(self, name: str) -> Any:
        """The value of a parameter that has not been set."""
        return self._flat[name].default

    def dataType(self, name: str) -> Any:
        """The type of a parameter."""
        return self._flat[name].kind.type

    def connectGui(self, ui: Any) -> int:
        """Bind the widgets that name a parameter in their dynamic property ``SlicerParameterName``."""
        named = {widget: widget.property("SlicerParameterName") for widget in _widgets(ui)}
        return self.connectParametersToGui({name: widget for widget, name in named.items() if name})

    def connectParametersToGui(self, widgets: dict[str, Any]) -> int:
        """Bind widgets to parameters by name; the answer is what `disconnectGui` takes."""
        for name in widgets:
            if name not in self._flat:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}, which a widget names")
        tag = self._next_tag
        vars(self)["_next_tag"] = tag + 1
        self._guis[tag] = GuiConnection(self, widgets)
        return tag

    def disconnectGui(self, tag: int) -> None:
        """End a binding."""
        self._guis.pop(tag).end()

    def AddObserver(self, event: Any, callback: Callable, priority: float = 0.0) -> int:
        """Observe the node."""
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        """End observing the node."""
        self.parameterNode.RemoveObserver(tag)

    def StartModify(self) -> int:
        """Hold the node's events back until `EndModify`."""
        return self.parameterNode.StartModify()

    def EndModify(self, previous: int) -> int:
        """Send what was held back."""
        return self.parameterNode.EndModify(previous)

    def Modified(self) -> None:
        """Announce a change."""
        self.parameterNode.Modified()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wrapper) and other.parameterNode is self.parameterNode

    def __hash__(self) -> int:
        return hash(self.parameterNode)

    def _declared(self, name: str) -> Any:
        declared: Any = None
        parameters = self._parameters
        for part in name.split("."):
            if part not in parameters:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}")
            declared = parameters[part]
            parameters = getattr(declared, "_pack_parameters", {})
        return declared

    def _is_set(self, name: str, about: Parameter) -> bool:
        if about.kind.is_node or about.kind.is_list_of_nodes:
            return True
        return self._prefix + name in self.parameterNode.GetParameterNames()

    def _read(self, name: str) -> Any:
        kind, key, node = self._flat[name].kind, self._prefix + name, self.parameterNode
        if kind.is_node:
            return node.GetNodeReference(key)
        if kind.is_list_of_nodes:
            count = node.GetNumberOfNodeReferences(key)
            return ReadOnlyList(node.GetNthNodeReference(key, index) for index in range(count))
        value = kind.from_text(node.GetParameter(key))
        if isinstance(value, list):
            return ReadOnlyList(value)
        return ReadOnlyDict(value) if isinstance(value, dict) else value

    def _write(self, name: str, value: Any) -> None:
        kind, key, node = self._flat[name].kind, self._prefix + name, self.parameterNode
        if kind.is_node:
            node.SetNodeReferenceID(key, value.GetID() if value is not None else None)
        elif kind.is_list_of_nodes:
            modifying = node.StartModify()
            node.RemoveNodeReferenceIDs(key)
            for each in value:
                node.AddNodeReferenceID(key, each.GetID())
            node.EndModify(modifying)
        else:
            node.SetParameter(key, kind.to_text(value))

    def _read_pack(self, name: str, pack: type) -> Any:
        """Read a pack; setting one of its parameters later writes to the node."""
        value = pack(**{part: self.getValue(f"{name}.{part}") for part in pack._pack_parameters})  # type: ignore[attr-defined]
        vars(value)["_written"] = lambda part, part_value: self.setValue(f"{name}.{part}", part_value)
        return value


def _widgets(ui: Any) -> list:
    if hasattr(ui, "children"):
        return list(slicer.util.findChildren(ui))
    return list(vars(ui).values())
