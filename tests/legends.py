"""Where the legends of a figure lie, as it is drawn."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def check_legends(figure: Figure, count: int) -> None:
    """Each panel's legend lies within the figure, and over no panel, its numbers, names and title."""
    FigureCanvasAgg(figure).draw()
    legends = [legend for axes in figure.axes if (legend := axes.get_legend())]
    assert len(legends) == count
    for legend in legends:
        legend.set_in_layout(False)
    panels = [axes.get_tightbbox() for axes in figure.axes]
    for legend in legends:
        box = legend.get_window_extent()
        assert not any(panel.overlaps(box) for panel in panels)
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
