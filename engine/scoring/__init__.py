"""Scores of posts: each scorer's reading and the ensemble's, never a stale one."""

from engine.scoring.ensemble import Ensemble, Scored, ScorerHealth, load

__all__ = ["Ensemble", "Scored", "ScorerHealth", "load"]
