"""Looking for the settings of a model: one trial, and what the trials so far suggest.

registry.space  which parameters, and how far    judge.py   what a model is worth on validation
room.py    the same on one log
blind.py   a split whose test part is not there  trial.py   one fit, judged, with its cost
memory.py  trials so far -> the next one, whether to stop one early, which parameters mattered
The headless door (cli/tune.py) and the studies of the web (recweb/studies) run the same trials.
"""
