"""Stand-ins for widgets of CTK and Slicer. They look simple and behave as the real ones, or refuse."""

from standin.widgets import (  # noqa: F401
    buttons,
    collapsible,
    nodecombobox,
    paths,
    qmrmlwidget,
    ranges,
    segmenteditor,
    segments,
    sliders,
    viewwidgets,
)
