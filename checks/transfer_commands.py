"""`contract export` and `contract import`: between contracts and the formats of other tools."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, CanNotRead, ConfigPath, WrongUsage, print_document, say
from checks.config import load
from checks.outputs import replace_file

Output = Annotated[Path | None, typer.Option("--output", help="A file to write; without it, the text is printed.")]
Force = Annotated[bool, typer.Option("--force", help="Replaces the file of --output where there is one.")]


def export_command(
    file: Annotated[Path, typer.Argument(help="The contract.")],
    to: Annotated[str, typer.Option("--to", help="jsonschema, avro, sql, dbt, pydantic, html, markdown or odcs.")],
    schema: Annotated[str | None, typer.Option("--schema", help="One table; without it, all.")] = None,
    dialect: Annotated[str | None, typer.Option("--dialect", help="For sql: postgres, duckdb, snowflake, ...")] = None,
    output: Output = None,
    force: Force = False,
) -> int:
    """A contract as JSON Schema, Avro, SQL, dbt, Pydantic, HTML or Markdown. Asks no warehouse."""
    from checks.contracts.dialects import UnknownDialect, known_dialect
    from checks.contracts.export import Format, NotExportable, export
    from checks.contracts.load import read_file

    _must_be_a_file(file)
    _may_be_written(output, force=force)
    document = read_file(file)
    if not document.data:
        raise CanNotRead("; ".join(map(str, document.findings)))
    try:
        text = export(document, Format(_one_of(Format, to, "--to")), schema, known_dialect(dialect))
    except (NotExportable, UnknownDialect) as error:
        raise WrongUsage(str(error)) from None
    _hand_over(text, output)
    return 0


def import_command(  # noqa: PLR0913 the words of a command line
    what: Annotated[
        str, typer.Argument(help="A dataset; with --from a file, for pydantic file.py:Class or module:Class.")
    ],
    of: Annotated[
        str | None,
        typer.Option("--from", help="dbt, sql, jsonschema, avro, odcs or pydantic (runs that module)."),
    ] = None,
    dialect: Annotated[str | None, typer.Option("--dialect", help="Of types in sql (else postgres) and dbt.")] = None,
    output: Output = None,
    force: Force = False,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """A draft of a contract: of a dataset as it is, or from another format with --from. What is not in it is told."""
    if of is None and Path(what).is_file():
        raise WrongUsage(f"{what} is a file; say with --from what it is")
    _may_be_written(output, force=force)
    if of is None:
        return _import_dataset(what, config, output, as_json=as_json)
    if as_json:
        raise WrongUsage("--json is for datasets; with --from the answer is the contract itself")
    return _import_file(what, of, dialect, output)


def _import_dataset(name: str, config: Path, output: Path | None, *, as_json: bool) -> int:
    with answering(load(config)) as by:
        document = by.draft(name)
    for each in document["left"]:
        say(f"not promised: {each['where']}: {each['what']}")
    if as_json:
        print_document(document, lambda *_: None, as_json=True)
    if output or not as_json:
        _hand_over(document["contract"], output)
    return 0


def _import_file(path: str, of: str, dialect: str | None, output: Path | None) -> int:
    from checks.contracts.dialects import UnknownDialect, known_dialect
    from checks.contracts.importing import Format, NotImportable, import_model, import_text

    format_ = Format(_one_of(Format, of, "--from"))
    try:
        if format_ is Format.PYDANTIC:
            say(f"runs the module of {path}, as every import of Python code does")
            made = import_model(path)
        else:
            _must_be_a_file(Path(path))
            made = import_text(_bytes(Path(path)), path, format_, known_dialect(dialect))
    except UnknownDialect as error:
        raise WrongUsage(str(error)) from None
    except NotImportable as error:
        raise CanNotRead(str(error)) from None
    for each in made.left:
        say(f"not carried over: {each}")
    _hand_over(made.text, output)
    return 0


def _bytes(path: Path) -> bytes:
    """The file, up to a little more than the most that is read."""
    from checks.contracts.importing import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CanNotRead(f"{path} can not be read: {error.strerror}") from error


def _one_of(words: type[StrEnum], given: str, option: str) -> str:
    if given.lower() not in list(words):
        raise WrongUsage(f"{option} {given} is not known; it is one of {', '.join(words)}")
    return given.lower()


def _must_be_a_file(path: Path) -> None:
    if not path.is_file():
        raise WrongUsage(f"there is no file {path}")


def _may_be_written(output: Path | None, *, force: bool) -> None:
    if output is None:
        return
    if output.exists() and not force:
        raise WrongUsage(f"{output} is there already; --force replaces it")
    if output.is_dir() or not output.parent.is_dir():
        raise WrongUsage(f"{output} can not be written: there must be a folder {output.parent}, and no folder {output}")


def _hand_over(text: str, output: Path | None) -> None:
    """Prints the text, or writes the file at one stroke, so that nobody sees half of it."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        replace_file(output, text)
    except OSError as error:
        raise WrongUsage(f"{output} can not be written: {error.strerror}") from error
