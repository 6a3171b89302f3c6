"""How good scores are: figures on labelled sets, two scorers compared, and a check against prices.

Pure: it is given texts, scores and prices. It stands beside the flow; no stage knows it, and it knows no stage.
"""

from engine.evaluate.compare import Compared, Comparison, compare
from engine.evaluate.figures import Calibration, Figure, SetFigures, figures, mean_figures
from engine.evaluate.labelled import Label, Labelled, LabelledSet, Part, part_of, read_set, set_files
from engine.evaluate.ranks import DayPrice, RankIC, ScoredPost, next_day, same_day

__all__ = [
    "Calibration",
    "Compared",
    "Comparison",
    "DayPrice",
    "Figure",
    "Label",
    "Labelled",
    "LabelledSet",
    "Part",
    "RankIC",
    "ScoredPost",
    "SetFigures",
    "compare",
    "figures",
    "mean_figures",
    "next_day",
    "part_of",
    "read_set",
    "same_day",
    "set_files",
]
