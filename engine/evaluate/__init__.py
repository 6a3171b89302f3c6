"""How good scores are: figures on labelled sets, two scorers compared, and a check against prices.

Pure: it is given texts, scores and prices. It stands beside the flow; no stage knows it, and it knows no stage.
"""

from engine.evaluate.compare import Compared, Comparison, compare
from engine.evaluate.figures import Calibration, Figure, SetFigures, figures, mean_figures
from engine.evaluate.labelled import Label, Labelled, LabelledSet, Part, part_of, read_set, set_files
from engine.evaluate.ranks import DayPrice, PostScore, RankIC, next_day, same_day
from engine.evaluate.rings import ClusterLabel, LabelledCluster, LastMark, RingFigures, read_clusters, ring_figures

__all__ = [
    "Calibration",
    "ClusterLabel",
    "Compared",
    "Comparison",
    "DayPrice",
    "Figure",
    "Label",
    "Labelled",
    "LabelledCluster",
    "LabelledSet",
    "LastMark",
    "Part",
    "PostScore",
    "RankIC",
    "RingFigures",
    "SetFigures",
    "compare",
    "figures",
    "mean_figures",
    "next_day",
    "part_of",
    "read_clusters",
    "read_set",
    "ring_figures",
    "same_day",
    "set_files",
]
