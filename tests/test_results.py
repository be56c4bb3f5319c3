"""Results of bulk runs: verified by the ledger, traced row by row, asked in SQL."""

import csv
import json
import shutil
from io import StringIO

import pytest

pytest.importorskip("numba")
pytest.importorskip("duckdb")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.support.command import ROOT, run

from escalation import load_pack
from escalation.bulk import kernel
from escalation.bulk.printer import Printer
from escalation.bulk.query import query
from escalation.bulk.stored import Stored, opened_results
from escalation.bulk.verify import chosen

ATACMS, PATRIOT = (ROOT / "scenarios" / f"us-{name}-2022.yaml" for name in ("atacms", "patriot"))
CASES = ROOT / "scenarios" / "casebook"
GRID = ("--vary", "items[0].role=*", "--vary", "items[0].range=50:300:10")
DOUBTS = ("--sample", "20000", "--seed", "3", "--vary", "items[0].precedent=*")
TABLE = """id,as_of,perceiver,items[0].role,items[0].range,items[0].range_kind,warnings[0].kind,warnings[0].date
near,2022-12-14,RUS,artillery,40,ground,,
far,2022-12-14,RUS,deep_strike,300,ground,retaliation,2022-12-01
odd,2022-12-14,RUS,deep_strike,185 mi,ground,"{one_of: [nuclear, diplomatic]}",2022-12-01
wrong,2022-12-14,RUS,deep_strike,-3,ground,,
"""


def ran(*words):
    found = run(*words)
    assert found.code == 0, found.err
    return found


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "rows.parquet"
    ran("sweep", PATRIOT, *GRID, "-o", out)
    return out


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    out = tmp_path_factory.mktemp("sample") / "rows.parquet"
    ran("sweep", PATRIOT, *DOUBTS, "-o", out)
    return out


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    out = tmp_path_factory.mktemp("batch") / "rated"
    ran("batch", CASES, "-o", out)
    return out


@pytest.fixture
def tabled(tmp_path):
    """A batch of a CSV file with four rows, and its input."""
    source, out = tmp_path / "table.csv", tmp_path / "rated"
    source.write_text(TABLE, encoding="utf-8")
    ran("batch", source, "-o", out)
    return source, out


def traced(out, row, *words):
    found = ran("trace", out, "--row", str(row), "--format", "json", *words)
    return json.loads(found.out), found.err


def stored_rows(out):
    return [row for file in opened_results(str(out)).files for row in pq.read_table(file).to_pylist()]


# -- --verify


@pytest.mark.slow
@pytest.mark.parametrize("words", [("sweep", PATRIOT, *GRID), ("sweep", ATACMS, *DOUBTS)])
def test_a_share_of_a_sweep_is_verified(words):
    said = ran(*words, "--verify", "0.05").err
    checked = int(said.split("verified: ")[1].split(" rows")[0].replace(",", ""))
    rows = 20_000 if "--sample" in words else 546
    assert 0.02 * rows < checked < 0.08 * rows
    assert "none differs" in said


@pytest.mark.slow
def test_every_record_of_a_batch_is_verified(tmp_path):
    source = tmp_path / "table.csv"
    source.write_text(TABLE, encoding="utf-8")
    said = ran("batch", CASES, source, "-o", tmp_path / "out", "--verify", "1", "--format", "json")
    assert f"verified: {json.loads(said.out)['rated']} rows" in said.err


def test_rows_are_chosen_by_their_numbers_alone():
    rows = np.arange(200_000)
    whole = chosen(rows, 0.1)
    assert 19_000 < len(whole) < 21_000
    assert set(rows[::-1][chosen(rows[::-1], 0.1)]) == set(whole)
    parts = [chosen(rows[at : at + 777], 0.1) + at for at in range(0, len(rows), 777)]
    assert (np.concatenate(parts) == whole).all()
    assert set(chosen(rows, 0.01)) < set(whole)
    assert set(chosen(rows, 0.1, seed=1)) != set(whole)
    assert len(chosen(rows, 1.0)) == len(rows) and not len(chosen(rows, 0.0))


@pytest.mark.slow
@pytest.mark.parametrize("words", [("sweep", PATRIOT, *GRID), ("batch", CASES, "--workers", "1", "-o", "out")])
def test_a_kernel_that_differs_is_an_internal_error(words, tmp_path, monkeypatch):
    source = Printer.source
    monkeypatch.setattr(Printer, "source", lambda self, cache: source(self, cache).replace("total >= ", "total > "))
    monkeypatch.setenv("ESCALATION_CACHE", "off")
    monkeypatch.setattr(kernel, "_KERNELS", {})  # that of other tests is right, and this one must not outlive the test
    found = run(*words, "--verify", "1", cwd=tmp_path)
    assert found.code == 70
    assert "rows verified differ from the ledger" in found.err and "\n  row " in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize("share", ["-0.1", "1.1", "all"])
def test_a_share_is_a_share(share):
    assert run("sweep", PATRIOT, *GRID, "--verify", share).code == 2


# -- trace


@pytest.mark.parametrize("row", [0, 17, 545])
def test_a_row_of_a_sweep_is_traced(swept, row):
    trace, said = traced(swept, row)
    stored = stored_rows(swept)[row]
    assert trace["ratings"]["escalation"]["level"] == stored["escalation_level"]
    assert trace["ratings"]["escalation"]["score"] == stored["escalation_score"]
    for name in ("role", "range"):
        value = stored[f"items.interceptor.{name}"]
        assert f"items.interceptor.{name} = {value if isinstance(value, str) else format(value, 'g')}" in said
    assert "both engines come to what is stored" in said


@pytest.mark.parametrize("row", [0, 16_384, 19_999])
def test_a_row_of_a_sample_is_traced(sampled, row):
    trace, _ = traced(sampled, row)
    assert trace["ratings"]["escalation"]["score"] == stored_rows(sampled)[row]["escalation_score"]


@pytest.mark.slow
def test_every_row_of_a_batch_of_documents_is_traced(cases):
    rows = stored_rows(cases)
    assert len(rows) > 15
    for row in rows[::5]:
        trace, said = traced(cases, row["id"])
        assert trace["scenario"]["id"] == row["id"]
        assert trace["ratings"]["escalation"]["level"] == row["escalation_level"]
        assert f"id = {row['id']}" in said
        assert traced(cases, row["row"])[0] == trace


@pytest.mark.slow
def test_rows_of_tables_are_traced(tmp_path):
    source = tmp_path / "t.csv"
    source.write_text(TABLE, encoding="utf-8")
    table = pa.Table.from_pylist(list(csv.DictReader(StringIO(TABLE)))[:3])
    pq.write_table(table, tmp_path / "t.parquet")
    document = {"schema": 1, "id": "line", "title": "x", "as_of": "2022-12-14", "perceiver": "RUS"}
    document["items"] = [{"id": "a", "role": "deep_strike", "range": "300", "range_kind": "ground"}]
    (tmp_path / "t.jsonl").write_text(json.dumps(document) + "\n", encoding="utf-8")
    ran("batch", source, tmp_path / "t.parquet", tmp_path / "t.jsonl", "-o", tmp_path / "out")
    rows = stored_rows(tmp_path / "out")
    assert [row["id"] for row in rows] == ["near", "far", "odd", "near", "far", "odd", "line"]
    for row in rows:
        trace, _ = traced(tmp_path / "out", row["row"])
        assert trace["ratings"]["escalation"]["level"] == row["escalation_level"], row
        assert trace["scenario"]["id"] == row["id"]


def test_a_trace_is_that_of_the_scenario_itself(cases):
    trace, _ = traced(cases, "de-gepard-2022")
    assert trace == json.loads(ran(CASES / "de-gepard-2022.yaml", "--format", "json").out)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--detail", "verdict"), "MODERATE"),
        (("--detail", "full"), "all conditions: above"),
        (("--format", "markdown"), "# "),
        (("--format", "html"), "<!doctype html>"),
    ],
)
def test_formats_of_a_trace(swept, words, expected):
    assert expected.lower() in ran("trace", swept, "--row", "300", *words).out.lower()


def test_a_scenario_that_has_changed_since_is_said(tmp_path):
    base, out = tmp_path / "base.yaml", tmp_path / "rows.parquet"
    shutil.copy(PATRIOT, base)
    ran("sweep", base, *GRID, "-o", out)
    before, _ = traced(out, 5)
    base.write_text(base.read_text(encoding="utf-8").replace("2022-12-14", "2022-12-15", 1), encoding="utf-8")
    after, said = traced(out, 5)
    assert after == before
    assert "has changed since" in said
    base.unlink()
    assert traced(out, 5)[0] == before


def test_rules_that_have_changed_are_said(tmp_path):
    shutil.copytree(ROOT / "rules", tmp_path / "mine")
    out = tmp_path / "rows.parquet"
    assert run("sweep", PATRIOT, *GRID, "--rules", "mine", "-o", out, cwd=tmp_path).code == 0
    traced(out, 5)
    parameters = tmp_path / "mine" / "parameters.yaml"
    parameters.write_text(parameters.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
    found = run("trace", out, "--row", "5")
    assert found.code == 2 and "OUT-5" in found.err and "not those of the run" in found.err
    shutil.move(tmp_path / "mine", tmp_path / "moved")
    assert run("trace", out, "--row", "5").code == 2
    parameters = tmp_path / "moved" / "parameters.yaml"
    parameters.write_text(parameters.read_text(encoding="utf-8").removesuffix("\n# a remark\n"), encoding="utf-8")
    traced(out, 5, "--rules", tmp_path / "moved")


def test_an_input_that_has_changed_is_said(tabled):
    source, out = tabled
    source.write_text(TABLE, encoding="utf-8")
    trace, said = traced(out, "far")
    assert "has changed since" in said and trace["ratings"]["escalation"]["level"] > 1
    source.write_text(TABLE.replace("deep_strike,300", "transport,0"), encoding="utf-8")
    found = run("trace", out, "--row", "far")
    assert found.code == 2 and "OUT-5" in found.err and "no longer comes to what is stored" in found.err
    source.write_text(TABLE.replace("deep_strike,300", "nonsense,300"), encoding="utf-8")
    found = run("trace", out, "--row", "far")
    assert found.code == 2 and "WORD-1" in found.err
    source.unlink()
    found = run("trace", out, "--row", "far")
    assert found.code == 2 and "OUT-5" in found.err and "Traceback" not in found.err


def test_a_result_that_was_tampered_with_is_an_internal_error(swept, tmp_path):
    table = pq.read_table(swept)
    place = table.schema.get_field_index("escalation_level")
    field = table.schema.field(place)
    changed = table.set_column(place, field, pa.array([5] * len(table), field.type))
    pq.write_table(changed, tmp_path / "rows.parquet")
    found = run("trace", tmp_path / "rows.parquet", "--row", "1")
    assert found.code == 70 and "row 1 of" in found.err


def test_rows_that_are_not_there(tabled, swept):
    _, out = tabled
    for where, row, said in (
        (out, "3", "was refused"),
        (out, "4", "no row 4"),
        (out, "nobody", "no row nobody"),
        (swept, "546", "no row 546"),
        (swept, "-1", "no row -1"),
        (swept, "0 or true", "no row 0 or true"),
    ):
        found = run("trace", where, "--row", row)
        assert found.code == 2 and "OUT-4" in found.err and said in found.err, row


@pytest.mark.parametrize("command", [("trace", "--row", "1"), ("query", "from levels")])
def test_what_is_no_result_is_said(command, tmp_path):
    pq.write_table(pa.table({"row": [1]}), tmp_path / "other.parquet")
    (tmp_path / "text").write_text("text", encoding="utf-8")
    for name, code in (("other.parquet", "OUT-3"), ("text", "OUT-3"), (".", "OUT-3"), ("nothing", "FILE-1")):
        found = run(command[0], tmp_path / name, *command[1:])
        assert found.code == 2 and code in found.err and "Traceback" not in found.err


# -- query


def asked(out, sql):
    return json.loads(ran("query", out, sql, "--format", "json").out)


def test_views_agree_with_the_rows(swept, cases):
    pack = load_pack()
    for out in (swept, cases):
        rows = stored_rows(out)
        levels = asked(out, "from levels where scale = 'escalation'")
        assert [one["name"] for one in levels] == [level.name for level in pack.levels]
        for one in levels:
            assert one["rows"] == sum(row["escalation_level"] == one["level"] for row in rows)
            assert one["share"] == pytest.approx(one["rows"] / len(rows))
        fired = {(one["row"], one["rule"]) for one in asked(out, "from fired")}
        held = {(row["row"], rule.id) for row in rows for i, rule in enumerate(pack.rules) if row["fired_0"] >> i & 1}
        assert fired == held and fired
        one = asked(out, "from summary where scale = 'concern'")[0]
        assert one["rows"] == len(rows)
        assert one["undecided"] == sum(row["concern_level_low"] < row["concern_level_high"] for row in rows)
        assert one["mean_score"] == pytest.approx(sum(row["concern_score"] for row in rows) / len(rows))
        assert (one["lowest_level"], one["highest_level"]) == (
            min(row["concern_level"] for row in rows),
            max(row["concern_level"] for row in rows),
        )
    assert {one["id"] for one in asked(cases, "select distinct id from fired")} == {row["id"] for row in rows}


def test_formats_of_a_query(cases):
    sql = "select id, escalation_level, null as nothing from results order by row limit 2"
    text, table = ran("query", cases, sql).out, ran("query", cases, sql, "--format", "csv").out
    rows = asked(cases, sql)
    assert list(csv.DictReader(StringIO(table))) == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in rows
    ]
    assert text.splitlines()[0].split() == ["id", "escalation_level", "nothing"]
    assert text.splitlines()[2].split() == [rows[0]["id"], str(rows[0]["escalation_level"])]
    assert asked(cases, "from results where false") == []
    assert "the first 1,000 rows" in ran("query", cases, "select * from range(1001)").out
    assert len(ran("query", cases, "select * from range(30000)", "--format", "csv").out.splitlines()) == 30_001


def test_text_of_results_cannot_act_on_a_terminal(cases):
    assert "\x1b" not in ran("query", cases, "select chr(27) || '[31m' as red").out


FORBIDDEN = [
    "copy results to 'x.csv'",
    "copy (from results) to 'x.parquet' (format parquet)",
    "create table x as from results",
    "drop view results",
    "set enable_external_access = true",
    "reset enable_external_access",
    "attach 'x.db'",
    "install httpfs",
    "load httpfs",
    "pragma database_list",
    "export database 'x'",
    "call enable_logging()",
    "select 1; select 2",
    "",
    "/* nothing */",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('pyproject.toml')",
    "select * from 'pyproject.toml'",
    "select * from glob('*')",
    "select * from read_parquet('{beside}')",
    "select * from 'https://example.org/x.parquet'",
    "select * from swept",
    "explain analyze copy results to 'x.csv'",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_a_query_can_read_results_and_nothing_else(swept, sql, tmp_path):
    beside = swept.parent / "beside.parquet"
    pq.write_table(pa.table({"secret": [1]}), beside)
    before = sorted(swept.parent.iterdir())
    found = run("query", swept, sql.format(beside=beside), cwd=swept.parent)
    assert found.code == 2, found.out
    assert len(found.err.strip().splitlines()) == 1 and found.err.startswith("Error: ")
    assert sorted(swept.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [("selec 1", 'near "selec"'), ("select nope from results", '"nope" not found'), ("select 1/'x'", "Conversion")],
)
def test_wrong_sql_is_said_in_one_line(swept, sql, said):
    found = run("query", swept, sql)
    assert found.code == 2 and said in found.err
    assert len(found.err.strip().splitlines()) == 1


def test_names_of_a_pack_are_never_sql(tmp_path):
    name = 'it\'s "quoted"; drop view results --'
    about = {"scales": [name], "levels": ["l'un", name], "rules": [name], "kind": "sweep", "pack": {}}
    parts = ("level", "score", "level_low", "level_high", "score_low", "score_high")
    table = pa.table({"row": [0, 1], **{f"{name}_{part}": [1, 2] for part in parts}, "fired_0": [0, 1]})
    file = tmp_path / "it's.parquet"
    pq.write_table(table, file)
    stored = Stored(str(file), about, (str(file),))
    assert list(query(stored, "from fired").rows) == [(1, name)]
    assert [row[:4] for row in query(stored, "from levels").rows] == [(name, 1, "l'un", 1), (name, 2, name, 1)]
    assert next(query(stored, "from summary").rows)[:3] == (name, 2, 0)
