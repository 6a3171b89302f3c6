"""Feeds: where posts and prices come from. One file per source; each speaks `engine.model.Feed`."""
