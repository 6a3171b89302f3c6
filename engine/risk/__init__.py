"""Risk: one verdict per signal, the same call everywhere."""

from engine.risk.controls import CONTROLS
from engine.risk.risk import Risk
from engine.risk.sanity import check_limits
from engine.risk.sizing import Sized

__all__ = ["CONTROLS", "Risk", "Sized", "check_limits"]
