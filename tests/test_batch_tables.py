"""Rows of tables are rated and refused as the same scenarios are when they are written as YAML."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import batches
from tests.support.batches import CELLS, Row, batch, drawn, results, said, write_csv, write_parquet

pytest.importorskip("numba")


def compare(rows: list[Row], path: Path, out: Path) -> None:
    batch(out, path)
    found = results(out)
    assert sorted(found) == list(range(len(rows)))
    for i, row in enumerate(rows):
        assert found[i] == said(row), batches.document(row)


@pytest.mark.parametrize("write", [write_csv, write_parquet], ids=["csv", "parquet"])
@pytest.mark.parametrize(("often", "usual"), [(0.3, 1.0), (0.5, 0.9), (0.9, 0.5)])
def test_drawn_rows(tmp_path, write, often, usual):
    rows = drawn(int(often * 10), 300, often, usual)
    compare(rows, write(tmp_path / f"t.{write.__name__[6:]}", rows), tmp_path / "out")


ROW = st.fixed_dictionaries(
    {"id": st.sampled_from(["r-1", "r-2"]), "as_of": st.just("2022-12-14"), "perceiver": st.just("RUS")},
    optional={path: st.sampled_from(cells) for path, cells in CELLS.items()},
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(ROW, min_size=1, max_size=12))
def test_any_rows(rows):
    with TemporaryDirectory() as folder:
        compare(rows, write_csv(Path(folder) / "t.csv", rows), Path(folder) / "out")
