"""The headless door: `python -m training evaluate ...`, `transfer ...` and `models`.

arguments.py  what was asked         formats.py  files to tables of codes
data.py       tables to splits       tune.py     trials on an inner validation
run.py        fit and measure        report.py   the table, the JSON, the list of models
resources.py  seconds and memory       transfer.py  learnt on one log, measured on another
"""
