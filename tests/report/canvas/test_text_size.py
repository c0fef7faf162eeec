import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from vm2causal.report.canvas.text_size import ink_width

LABELS = ["samenwerking school en bedrijf", "|", "–", "öß§€ 12,5%", "SODC", "a\u4e2d", "& (x) @"]


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("label", LABELS)
def test_widths_are_those_of_matplotlib(label: str, weight: str) -> None:
    font = FontProperties(family="DejaVu Sans", weight=weight)
    path = TextPath((0, 0), label, size=9.5, prop=font)
    assert ink_width(path) == pytest.approx(path.get_extents().width, rel=1e-12)
