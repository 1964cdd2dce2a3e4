"""Names and values as SQL text."""


def quoted(*names: str) -> str:
    """An SQL identifier, dotted if several names are given."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(value: object) -> str:
    """A value as an SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
