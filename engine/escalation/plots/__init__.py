"""Pictures of what the analyses find, for documents and slides: `assess plot`.

`kinds.py` lists the kinds of picture; each is one function in a file of its own that lays out an answer as a `Figure`;
`figure.py` gives all of them their look and writes them. Nothing is computed here: every number comes from an answer.
Altair and vl-convert are an extra, imported by nothing else. Read `kinds`, one of the kinds, then `figure`.
"""
