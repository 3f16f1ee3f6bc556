"""The article's runs beside ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.article import article_losses, article_weights, main
from study.evidence import winners
from study.records.results import Results
from tests.report.synthetic import copied


def test_the_four_runs_stand_beside_ours(results: Results) -> None:
    frame = article_losses(results)

    best = winners.best_trials(results.trials).set_index(["target", "family", "depth"])["val_loss"]
    networks = best.xs("neural", level="family")
    assert frame["article"].tolist() == [0.0207, 1.18e-4, 0.1969, 0.0098]
    assert frame["limit"].tolist() == pytest.approx([0.35**2 / 6, 0, 0.1960, 0])
    assert frame["validation"].tolist() == [
        best["balloons", "linear", 0],
        networks["balloons"].min(),
        best["colour", "logistic", 0],
        networks["colour"].min(),
    ]


def test_weights_and_their_ratio_stand_beside_the_limit(results: Results) -> None:
    frame = article_weights(results).set_index(["target", "term"])

    own = results.coefficients.set_index(["target", "term"])["estimate"]
    assert frame.loc[("balloons", "children"), "ours"] == own["balloons", "children"]
    ratio = frame.loc[("colour", "children / age")]
    assert ratio["article"] == pytest.approx(1.635, abs=5e-4)
    assert ratio["limit"] == pytest.approx(1.59, abs=5e-3)
    assert ratio["ours"] == pytest.approx(own["colour", "children"] / own["colour", "age"])


def test_it_is_written_as_markdown_from_the_command_line(results: Results, tmp_path: Path) -> None:
    target = tmp_path / "article.md"

    code = main([str(results.root), str(target)])

    text = target.read_text(encoding="utf-8")
    assert code == 0
    assert "| children | 0.4350 |" in text
    assert "nan" not in text


def test_another_study_is_an_error_that_says_so(
    small: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = copied(small, tmp_path / "other")
    other.trials.assign(target="pops").to_parquet(other.paths.results)

    code = main([str(other.root), str(tmp_path / "article.md")])

    assert code == 2
    assert "pops" in capsys.readouterr().err
