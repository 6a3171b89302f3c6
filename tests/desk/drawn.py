"""Whether a desk has drawn what its engine told."""

from __future__ import annotations

from desk.app import DeskApp


def shows_engine(app: DeskApp) -> bool:
    """True once the status bar has an engine's figures to show."""
    return app.main is not None and app.main.bar._view.status is not None
