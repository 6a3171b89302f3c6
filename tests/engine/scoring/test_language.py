"""Texts that are plainly not English, made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scoring.language import foreign


@pytest.mark.parametrize(
    "text",
    [
        "株価が上がっています $ABC",
        "акции растут сегодня $ABC",
        "Las acciones de $ABC suben más del 5% en la bolsa",
        "Les actions de $ABC montent dans la matinée, et le marché aussi",
        "Die Aktie von $ABC ist heute im Plus und der Markt auch",
        "A ação não vai cair mais com os resultados, é uma boa compra para você",
        "Het aandeel $ABC wordt niet meer gekocht en de markt daalt ook",
    ],
)
def test_foreign(text: str) -> None:
    assert foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🚀🚀🚀",
        "$ABC 📈",
        "$ABC to the moon",
        "$ABC calls printing, breakout confirmed",
        "The CEO of El Pollo Loco and the board of La Quinta",
        "EPS 1.20 est. 1.10 rev. 3.4b est. 3.3b",
        "https://example.com/de/la/que/los @el_de_la #las #los $DE",
        "café naïve résumé",
    ],
)
def test_english_or_in_doubt(text: str) -> None:
    assert not foreign(text)


@given(st.text(max_size=300))
def test_any_text_has_an_answer_that_ignores_case_and_links(text: str) -> None:
    assert foreign(text) in (True, False)
    assert foreign("in the morning it was up " + "and down so we sold " * 3) is False
