"""The SELECT inside a CREATE VIEW statement."""

from __future__ import annotations


def select_of(create_view: str, dialect: str) -> str | None:
    """What follows the first AS that is a word of its own: no quoted name, no comment. None where there is none."""
    from sqlglot import tokenize
    from sqlglot.tokens import TokenType

    for token in tokenize(create_view, read=dialect):
        if token.token_type == TokenType.ALIAS:
            return create_view[token.end + 1 :].strip().rstrip(";").rstrip()
    return None
