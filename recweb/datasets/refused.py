"""Which refusals of a file can be mended by reading or mapping it otherwise."""

# seen at the top of the file: no choice of encoding, delimiter or columns makes these readable
HOPELESS = frozenset(
    "empty no-rows wrong-type name-lies other-type packed-twice packed-cut-off unpacks-too-large "
    "unpacks-too-far damaged column-type too-many-columns reader-stopped file-too-large".split()
)
# seen further down, where only another file helps
BROKEN = HOPELESS | frozenset(
    "too-much-memory too-many-rows json-too-deep no-json-lines no-sheet header-unreadable "
    "header-control-character column-twice quote-unclosed line-too-long".split()
)
