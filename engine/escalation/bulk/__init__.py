"""Bulk: the same rules over millions of rows, through a kernel generated from the rule tree.

    rows (coded facts) -> atoms (tests of single facts, counts) -> fired rules -> score and level, per scale

`layout.py` says how facts are coded, `printer.py` prints the kernel, `kernel.py` compiles and runs it, `rows.py` codes
scenarios. A row is rated as `assess` rates a scenario; `verify.py` shows it, row by row, through the ledger.
"""
