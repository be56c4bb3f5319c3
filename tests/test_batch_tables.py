"""Rows of tables are rated and refused as the same scenarios are when they are written as YAML."""

from __future__ import annotations

import gzip
import io
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import batches
from tests.support.batches import (
    CELLS,
    Row,
    batch,
    drawn,
    ordinary,
    rejects,
    results,
    said,
    table,
    write_csv,
    write_parquet,
)
from tests.support.command import ROOT

from escalation.bulk import reading, scan
from escalation.diagnostics import InputError
from escalation.pack import Pack, load_pack


def compare(rows: list[Row], path: Path, out: Path, pack: Pack = batches.PACK) -> None:
    """Rate rows from a file, and hold each to what `assess` says of it."""
    batch(out, path, pack=pack, rules=pack.folder)
    found = results(out, pack)
    assert sorted(found) == list(range(len(rows)))
    for i, row in enumerate(rows):
        assert found[i] == said(row, pack), batches.document(row)
    numbers = [number for part in sorted(out.glob("part-*")) for number in pq.read_table(part)["row"].to_pylist()]
    assert numbers == sorted(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_csv, write_parquet], ids=["csv", "parquet"])
@pytest.mark.parametrize(("often", "usual"), [(0.3, 1.0), (0.5, 0.9), (0.9, 0.5)])
def test_drawn_rows(tmp_path, write, often, usual):
    rows = drawn(int(often * 10), 300, often, usual)
    compare(rows, write(tmp_path / f"t.{write.__name__[6:]}", rows), tmp_path / "out")


ROW = st.fixed_dictionaries(
    {"id": st.sampled_from(["r-1", "r-2"]), "as_of": st.just("2022-12-14"), "perceiver": st.just("RUS")},
    optional={path: st.sampled_from(cells) for path, cells in CELLS.items()},
)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(ROW, min_size=1, max_size=12))
def test_any_rows(rows):
    with TemporaryDirectory() as folder:
        compare(rows, write_csv(Path(folder) / "t.csv", rows), Path(folder) / "out")


@pytest.mark.slow
def test_ordinary_rows_are_never_read_one_by_one(tmp_path, monkeypatch):
    rows = ordinary(11, 400)
    assert len(rows) > 250
    monkeypatch.setattr(reading, "read_row", lambda *args: pytest.fail("a row was read by itself"))
    assert batch(tmp_path / "out", write_csv(tmp_path / "t.csv", rows)).rated == len(rows)


RULE = """\
  - id: ROL-99
    title: offered long ago
    factor: role
    when: {item: {age: {gte: 10}}}
    then: {points: 1}
    because: It was offered long ago.
    basis: [casebook]
    assumption: It is so.
    falsified_by: It is not so.
    review_by: 2030
"""
DATED = """\
  item.offered: {label: offered, type: date, meaning: x, source: judgement}
  item.age: {label: age, type: integer, min: 0, max: 90, assume: 5, assume_because: x, meaning: x,
    source: judgement, derive: {days_before_as_of: [offered]}}
"""
OTHER_PACK = {
    "vocabulary.yaml": [
        (
            "    name_field: name\n",
            "    name_field: name\n    dated_by: offered\n    same_when: [[range], [offered], [name]]\n",
        ),
        ("[[speaker, office], [date], [kind], [threatens], [concerns]]", "[[gravest_kind], [speaker, office]]"),
        ("  item.platform:\n", DATED + "  item.platform:\n"),
    ],
    "pack.yaml": [
        ("one_of: [[role], [range, target_reach]]", "one_of: [[range, stigma], [consent_per_use], [age, role]]")
    ],
    "role.yaml": [("rules:\n", "rules:\n" + RULE)],
}
OTHER_CELLS = CELLS | {
    "items[0].offered": ["2022-12-01", "2022-12-14", "2022-12-15", "2022", "unknown", "2020-01-01"],
    "items[1].offered": ["2022-12-01", "2022-11-30", "2023-01-01"],
    "items[1].name": ["A rocket", "a  rocket"],
    "items[0].quantity": ["12", "12.0", "unknown", "{low: 1}"],
    "items[0].stigma": ["none", "other", "unknown"],
    "items[1].stigma": ["none"],
}


COUNTS = """\
  - id: ROL-98
    title: two grave warnings
    factor: role
    when: {warnings: {at_least: 2, where: {threatens: {not_in: [sanctions]}}}, item: {range: {lte: 300}}}
    then: {points: 1}
    because: There are two.
    basis: [casebook]
    assumption: It is so.
    falsified_by: It is not so.
    review_by: 2030
"""
COUNTING_PACK = {"role.yaml": [("rules:\n", "rules:\n" + COUNTS)]}


def changed(folder: Path, changes: dict[str, list[tuple[str, str]]]) -> Pack:
    """The rules with some texts replaced."""
    shutil.copytree(ROOT / "rules", folder)
    for name, texts in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in texts:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / name).write_text(text, encoding="utf-8")
    return load_pack(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "cells"), [(OTHER_PACK, OTHER_CELLS), (COUNTING_PACK, CELLS)], ids=["vocabulary", "counts"]
)
def test_tables_follow_whatever_a_pack_says(tmp_path, changes, cells):
    pack = changed(tmp_path / "rules", changes)
    rows = drawn(4, 500, 0.5, 0.9, cells)
    compare(rows, write_csv(tmp_path / "t.csv", rows), tmp_path / "out", pack)


def test_numbers_on_a_line_between_bins(tmp_path):
    pack = changed(tmp_path / "rules", COUNTING_PACK)
    row = {"items[0].role": "armour"} | {f"warnings[{i}].kind": "nuclear" for i in range(2)}
    numbers = [299.5, 300.0, 300.5, 0.0, 20000.0]
    columns = {key: pa.array([text] * len(numbers)) for key, text in row.items()} | {
        "items[0].range": pa.array(numbers)
    }
    found = one_row(tmp_path, columns, pack=pack)
    assert found == {i: said(HEAD | row | {"items[0].range": f"{n}"}, pack) for i, n in enumerate(numbers)}
    assert len({one.fired for one in found.values() if isinstance(one, batches.Rated)}) > 1


# -- Parquet that is more than texts


HEAD = {"id": "r", "as_of": "2022-12-14", "perceiver": "RUS"}


def one_row(
    tmp_path: Path, columns: dict[str, pa.Array], pack: Pack = batches.PACK
) -> dict[int, batches.Rated | set[str]]:
    """What becomes of the rows of a Parquet file of these columns, with a head for each."""
    size = len(next(iter(columns.values())))
    head = {key: pa.array([text] * size) for key, text in HEAD.items()}
    pq.write_table(pa.table(head | columns), tmp_path / "t.parquet")
    batch(tmp_path / "out", tmp_path / "t.parquet", pack=pack, rules=pack.folder)
    return results(tmp_path / "out", pack)


def test_typed_columns_say_what_their_texts_say(tmp_path):
    rows = [
        {"items[0].role": "deep_strike", "items[0].range": "300", "items[0].consent_per_use": "true"},
        {"items[0].role": "artillery", "items[0].range": "24.5", "context.steps_past_180_days": "3"},
        {"items[0].role": "deep_strike", "items[0].range": "69.99", "warnings[0].date": "2022-12-14"},
        {"items[0].role": "deep_strike", "items[0].range": "-5", "items[0].consent_per_use": "false"},
        {"items[0].role": "deep_strike", "items[0].range": "20001"},
        {"items[0].role": "deep_strike", "warnings[0].date": "2022-12-15", "warnings[0].kind": "nuclear"},
        {"items[0].range": "300"},
        {"items[0].role": "deep_strike", "context.steps_past_180_days": "1001"},
    ]

    def typed(path: str, kind: pa.DataType) -> pa.Array:
        return pa.array([row.get(path) for row in rows]).cast(kind)

    kinds = {
        "items[0].role": pa.dictionary(pa.int8(), pa.string()),
        "items[0].range": pa.float64(),
        "items[0].consent_per_use": pa.bool_(),
        "context.steps_past_180_days": pa.int16(),
        "warnings[0].date": pa.date32(),
        "warnings[0].kind": pa.large_string(),
    }
    found = one_row(tmp_path, {path: typed(path, kind) for path, kind in kinds.items()})
    assert [found[i] for i in range(len(rows))] == [said(HEAD | row) for row in rows]


NUMBERS = [
    (pa.float64(), float("nan"), "nan"),
    (pa.float64(), float("inf"), "inf"),
    (pa.float64(), 0.1 + 0.2, "0.3"),  # what a double holds past 15 digits is no part of the number
    (pa.float64(), 300 - 2**-44, "300"),
    (pa.float64(), 300 + 2**-44, "300"),
    (pa.float64(), 299.9999, "299.9999"),
    (pa.float64(), 20000.000000000004, "20000"),
    (pa.float64(), -0.0, "0"),
    (pa.float64(), 1e-310, "1e-310"),
    (pa.float32(), 160.9344, "160.9344"),
    (pa.float32(), 69.9999, "69.9999"),
    (pa.int64(), 2**60, str(2**60)),
    (pa.decimal128(9, 3), Decimal("299.999"), "299.999"),
]


@pytest.mark.parametrize(("kind", "number", "text"), NUMBERS, ids=[f"{kind} {text}" for kind, _, text in NUMBERS])
def test_a_number_means_its_decimal(tmp_path, kind, number, text):
    columns = {"items[0].role": pa.array(["deep_strike"]), "items[0].range": pa.array([number], kind)}
    row = HEAD | {"items[0].role": "deep_strike", "items[0].range": text}
    assert one_row(tmp_path, columns)[0] == said(row)


def test_whole_numbers_are_whole(tmp_path):
    columns = {"items[0].role": pa.array(["armour"] * 2), "context.steps_past_180_days": pa.array([3.0, 2.5])}
    row = HEAD | {"items[0].role": "armour"}
    expected = {i: said(row | {"context.steps_past_180_days": text}) for i, text in enumerate(("3", "2.5"))}
    assert one_row(tmp_path, columns) == expected


ITEM = pa.struct([("id", pa.string()), ("role", pa.string()), ("range", pa.float64())])
WARNING = pa.struct([("date", pa.date32()), ("kind", pa.string()), ("also", pa.list_(pa.string()))])
TERMS = pa.struct([("suppliers", pa.list_(pa.string())), ("supplier_personnel", pa.string())])


def test_lists_of_structures(tmp_path):
    day, late = date(2022, 12, 1), date(2023, 1, 1)
    items = [
        [{"id": "a", "role": "deep_strike", "range": 300.0}, {"id": "b", "role": "artillery"}],
        [{"role": "deep_strike", "range": float("nan")}],
        [{"id": "a", "role": "armour"}, {"id": "a", "role": "armour"}],
        [{"role": "deep_strike"}, None],
        [],
        None,
        [{"role": "deep_strike"}],
    ]
    warnings = [
        [{"date": day, "kind": "retaliation", "also": ["nuclear"]}, {"date": late, "kind": "nuclear"}],
        [],
        None,
        None,
        None,
        None,
        [{"date": day, "kind": "retaliation", "also": []}, {"date": day, "kind": "retaliation"}],
    ]
    terms = [{"suppliers": ["USA", "POL"], "supplier_personnel": "none"}, None, None, None, None, None, {}]
    columns = {
        "items": pa.array(items, pa.list_(ITEM)),
        "warnings": pa.array(warnings, pa.list_(WARNING)),
        "transfer": pa.array(terms, TERMS),
    }
    first = {
        "transfer.supplier_personnel": "none",
        "items[0].role": "deep_strike",
        "items[0].range": "300",
        "items[1].role": "artillery",
        "warnings[0].date": "2022-12-01",
        "warnings[0].kind": "retaliation",
        "warnings[0].also": "nuclear",
    }
    last = {"items[0].role": "deep_strike", "warnings[0].date": "2022-12-01", "warnings[0].kind": "retaliation"}
    assert one_row(tmp_path, columns) == {
        0: said(HEAD | first),
        1: {"NUM-1"},
        2: {"ID-2"},
        3: {"BASIS-1"},  # an item of which nothing is said
        4: {"KEY-2"},  # an empty list states as little as none
        5: {"KEY-2"},
        6: said(HEAD | last),
    }


def test_structures_of_doubt(tmp_path):
    kind = pa.struct([("low", pa.int64()), ("high", pa.int64()), ("value", pa.int64())])
    columns = {"items[0].role": pa.array(["deep_strike"]), "items[0].range": pa.array([{"low": 70, "high": 300}], kind)}
    row = HEAD | {"items[0].role": "deep_strike", "items[0].range": "{low: 70, high: 300}"}
    assert one_row(tmp_path, columns)[0] == said(row)


def test_texts_that_are_not_utf8_are_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes(
        b"as_of,perceiver,items[0].role,items[0].name\n"
        b"2022-12-14,RUS,deep_strike,caf\xe9\n2022-12-14,RUS,deep_str\xefke,x\n2022-12-14,RUS,deep_strike,caf\xc3\xa9\n"
    )
    assert batch(tmp_path / "out", tmp_path / "t.csv").codes == {"FILE-3": 2}
    assert table(tmp_path / "out")["id"].to_pylist() == ["row-2"]


# -- columns


def test_columns_are_mapped_and_stated_for_all_rows(tmp_path):
    (tmp_path / "t.csv").write_text("Name;Reach (km);note\nr-1;300;x\nr-2;;y\n")
    mapping = (("*", ""), ("Name", "id"), ("Reach (km)", "items[0].range"))
    constants = (("as_of", "2022-12-14"), ("items[0].role", "deep_strike"), ("perceiver", "RUS"))
    batch(tmp_path / "out", tmp_path / "t.csv", mapping=mapping, constants=constants)
    row = HEAD | {"items[0].role": "deep_strike"}
    assert results(tmp_path / "out") == {0: said(row | {"items[0].range": "300"}), 1: said(row)}
    assert table(tmp_path / "out")["id"].to_pylist() == ["r-1", "r-2"]


@pytest.mark.parametrize(
    ("header", "options", "codes", "message"),
    [
        ("as_of,perceiver,items[0].rnage", {}, {"TAB-1"}, "range"),
        ("as_of,perceiver,Reach", {}, {"TAB-1"}, "--map"),
        ("as_of,perceiver,warnings[0].age_days", {}, {"TAB-1"}, "state date instead"),
        ("as_of,perceiver,items.range", {}, {"TAB-1"}, "items[0].range"),
        ("as_of,perceiver,transfer[0].status", {}, {"TAB-1"}, "transfer.status"),
        ("as_of,perceiver,items", {}, {"TAB-1"}, "list of structures"),
        ("as_of,perceiver", {"mapping": (("nix", "id"),)}, {"TAB-1"}, "no column is called nix"),
        ("as_of,perceiver,as_of", {}, {"TAB-2"}, "two columns"),
        ("as_of,perceiver,R", {"mapping": (("R", "as_of"),)}, {"TAB-2"}, "hold the same"),
        ("items[0].range", {}, {"TAB-2"}, "--set as_of"),
        ("perceiver,items[0].range", {"constants": (("as_of", "2022-12-14"), ("as", "x"))}, {"TAB-1"}, "as"),
        ("", {}, {"TAB-5"}, "no first line"),
    ],
)
def test_columns_that_cannot_be_read_are_told_before_anything_is_rated(tmp_path, header, options, codes, message):
    (tmp_path / "t.csv").write_text(f"{header}\n")
    with pytest.raises(InputError) as error:
        batch(tmp_path / "out", tmp_path / "t.csv", **options)
    assert {problem.code for problem in error.value.problems} == codes
    assert any(message in f"{problem.message} {problem.help}" for problem in error.value.problems)
    assert list((tmp_path / "out").iterdir()) == []


# -- CSV as it comes


def test_records_keep_their_lines(tmp_path):
    (tmp_path / "t.csv").write_bytes(
        b"\xef\xbb\xbfas_of,perceiver,items[0].role,items[0].name\r\n"
        b'2022-12-14,RUS,deep_strike,"two\nlines, and a ""quote"""\r\n'
        b"\r\n"
        b"2022-12-14,RUS,fortress,[Peskov] said\r\n"
        b'2022-12-14,RUS,armour,5" gun\r\n'
        b"2022-12-14,RUS,armour\r\n"
        b"2022-12-14,RUS,armour,[last]"
    )
    assert batch(tmp_path / "out", tmp_path / "t.csv").rated == 3
    assert table(tmp_path / "out")["line"].to_pylist() == [2, 6, 8]
    assert [(one["line"], one["code"]) for one in rejects(tmp_path / "out")] == [(5, "WORD-1"), (7, "TAB-3")]


@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
def test_where_partitions_are_cut_changes_nothing(tmp_path, rows):
    lines = ["as_of,perceiver,items[0].role,items[0].name"]
    for i in range(40):
        lines.append(f'2022-12-14,RUS,{"armour" if i % 3 else "fortress"},"{"a" * i}{chr(10) * (i % 4)}"')
    (tmp_path / "t.csv").write_text("\n".join(lines))
    batch(tmp_path / "out", tmp_path / "t.csv", most=rows)
    batch(tmp_path / "whole", tmp_path / "t.csv")
    assert table(tmp_path / "out").drop_columns(["source"]) == table(tmp_path / "whole").drop_columns(["source"])
    order = [(one["row"], one["line"], one["message"]) for one in rejects(tmp_path / "out")]
    assert order == [(one["row"], one["line"], one["message"]) for one in rejects(tmp_path / "whole")]


def test_a_quote_that_is_never_closed_ends_the_file(tmp_path):
    good = "2022-12-14,RUS,armour,x\n"
    (tmp_path / "t.csv").write_text(
        f'as_of,perceiver,items[0].role,items[0].name\n{good}2022-12-14,RUS,armour,"x\n{good}'
    )
    summary = batch(tmp_path / "out", tmp_path / "t.csv")
    assert (summary.rated, summary.codes) == (1, {"TAB-4": 1})
    assert rejects(tmp_path / "out")[0]["line"] == 3


CSV_PIECES = ['"', '""', ",", ',"', '"\n', "\n", "\r\n", "\r", "a", " ", "é"]


def records(data: bytes) -> list[tuple[bytes, int]]:
    """The records of a CSV text, without empty ones before them, and the cells of each."""
    found = []
    for part in scan.records_of(io.BytesIO(data), None, ","):
        ends = [*part.starts[1:].tolist(), part.size]
        spans = zip(part.starts.tolist(), ends, part.cells.tolist(), strict=False)
        found += [(part.data[start:end].rstrip(b"\r\n"), cells) for start, end, cells in spans]
    return found


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(st.sampled_from(CSV_PIECES), max_size=20), st.integers(1, 30))
def test_records_are_those_that_the_csv_reader_finds(pieces, block):
    data = "".join(pieces).encode()
    found = records(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "BLOCK_BYTES", block)
        assert records(data) == found  # wherever blocks end
    whole = [text + b"\n" for text, cells in found if cells == 2]
    if whole:
        form = pa.csv.ConvertOptions(column_types={"a": pa.binary(), "b": pa.binary()})
        how = pa.csv.ReadOptions(column_names=["a", "b"]), pa.csv.ParseOptions(newlines_in_values=True)
        assert pa.csv.read_csv(io.BytesIO(b"".join(whole)), *how, form).num_rows == len(whole)


def test_packed_and_plain_files_come_to_the_same(tmp_path):
    rows = drawn(5, 50)
    plain = write_csv(tmp_path / "t.csv", rows)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    batch(tmp_path / "plain", plain)
    batch(tmp_path / "packed", tmp_path / "t.csv.gz")
    assert results(tmp_path / "plain") == results(tmp_path / "packed")
