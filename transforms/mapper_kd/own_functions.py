"""Functions of the user's own: what no language covers, as a Python module that a mapping names.

``functions: transforms/functions/acme.py`` makes each public function of the module callable as ``acme.name(…)``. Its
annotations say what it takes and gives: ``str``, ``Decimal``, ``int``, ``bool``, ``datetime.date`` and ``datetime``
(Beijing time), ``list[…]``, ``dict`` or ``object`` (JSON's values, numbers exact), and any of them ``| None``. What is
not annotated ``| None`` is never given null: as everywhere, the call is null then. A result of another kind than
annotated is a dead letter, and so is a ``ValueError``, whose text is the letter's message.

The module is the user's own code: unlike an expression it may do whatever Python can, with the rights of the process.
It should be data in, data out: it may be called more than once for a record, or not at all.
"""

from __future__ import annotations

import functools
import inspect
import keyword
import sys
import types
import typing
from typing import TYPE_CHECKING, Any

from erp_sdk.command import UserError

from mapper_kd.failures import Invalid, MappingError, RecordError, Refused
from mapper_kd.function import Function
from mapper_kd.functions import FUNCTIONS, NAMESPACES
from mapper_kd.own_values import Annotation, annotation
from mapper_kd.settings import project_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mapper_kd.yaml_nodes import Entry, Problems

_TAKEN = frozenset({*NAMESPACES, *FUNCTIONS, "record", "line", "parent"})
_MESSAGE_LENGTH = 500


def namespaces_of(entry: Entry | None, problems: Problems) -> Mapping[str, Mapping[str, Function]]:
    """Return all functions that a mapping calls with a name before theirs, by that name.

    Args:
        entry: The mapping's ``functions:``: a path or a list of them; relative ones start at the project.
        problems: Receives what is wrong with the modules.
    """
    spaces: dict[str, Mapping[str, Function]] = {}
    for written in entry.texts() if entry is not None else ():
        assert entry is not None  # noqa: S101 - narrows the type; without an entry there is no text
        path = project_folder() / written
        if path.stem in spaces:
            problems.add(entry.place, f"names two modules called {path.stem}; their functions could not be told apart")
        try:
            spaces[path.stem] = _module_functions(path, path.stat().st_mtime_ns)
        except OSError as error:
            problems.add(
                entry.place, f"names {written}, which cannot be read from {project_folder()}: {error.strerror}"
            )
        except MappingError as error:
            problems.add(entry.place, str(error))
    return NAMESPACES | spaces


@functools.lru_cache(maxsize=100)
def _module_functions(path: Path, _changed: int) -> Mapping[str, Function]:
    """Return the functions of a module; loaded once, however many mappings name it."""
    space = path.stem
    if path.suffix != ".py" or not space.isidentifier() or keyword.iskeyword(space) or space.startswith("_"):
        raise MappingError(f"names {path.as_posix()}, but a module of functions is a .py file with a plain name")
    if space in _TAKEN:
        raise MappingError(
            f"names {path.as_posix()}, but {space} is a name of the language; call the file something else"
        )
    module = _load(path)
    functions = {
        name: _function(f"{space}.{name}", value, path)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    if not functions:
        raise MappingError(f"names {path.as_posix()}, which has no function (one whose name does not begin with _)")
    return functions


def _load(path: Path) -> types.ModuleType:
    module = types.ModuleType(f"functions:{path.as_posix()}")
    module.__file__ = path.as_posix()
    # Standard output belongs to the Singer messages.
    module.print = functools.partial(print, file=sys.stderr)  # type: ignore[attr-defined]  # a global of its own
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(path.read_bytes(), path.as_posix(), "exec"), vars(module))  # noqa: S102 - the user's own code
    except SyntaxError as error:
        reason = f"{path.as_posix()}:{error.lineno or 1}: is no Python: {error.msg}"
    except ValueError as error:
        reason = f"{path.as_posix()}: is no Python: {error}"
    except ModuleNotFoundError as error:
        reason = f"{path.as_posix()} imports {error.name}, which is not installed beside mapper-kd"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the module does
        reason = f"{_place(path, error)}: cannot be loaded: {_said(error)}"
    else:
        return module
    del sys.modules[module.__name__]
    raise MappingError(reason)


def _function(name: str, written: Callable[..., Any], path: Path) -> Function:
    place = f"{path.as_posix()}:{written.__code__.co_firstlineno}: {name}()"
    if (
        inspect.iscoroutinefunction(written)
        or inspect.isgeneratorfunction(written)
        or inspect.isasyncgenfunction(written)
    ):
        raise MappingError(f"{place} must be a plain function that returns its value: no async, no yield")
    try:
        hints = typing.get_type_hints(written)
    except Exception as error:  # noqa: BLE001 - annotations may be any text
        raise MappingError(f"{place} has an annotation that cannot be read: {_said(error)}") from None
    signature = inspect.signature(written)
    parameters = [_parameter(one, hints, place) for one in signature.parameters.values() if _is_given(one, place)]
    gives = _annotation("return", "its result", hints, place)
    takes = [parameter.family + mark for parameter, mark in parameters]
    repeated = bool(takes) and takes[-1].endswith("*")
    return Function(
        usage=f"{name}({', '.join(map(_spelled, signature.parameters.values()))})",
        meaning=(inspect.getdoc(written) or "").partition("\n")[0],
        takes=" ".join(takes),
        gives=gives.kind,
        call=_checked(name, written, [parameter for parameter, _ in parameters], gives, repeated=repeated),
    )


def _is_given(parameter: inspect.Parameter, place: str) -> bool:
    if parameter.kind is parameter.VAR_KEYWORD:
        raise MappingError(f"{place} takes **{parameter.name}; expressions give values by position only")
    if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
        raise MappingError(f"{place} takes {parameter.name} by name only; expressions give values by position only")
    return parameter.kind is not parameter.KEYWORD_ONLY


def _parameter(parameter: inspect.Parameter, hints: Mapping[str, Any], place: str) -> tuple[Annotation, str]:
    known = _annotation(parameter.name, parameter.name, hints, place)
    if parameter.kind is parameter.VAR_POSITIONAL:
        return known, "?*"
    return known, "" if parameter.default is parameter.empty else "?"


def _annotation(key: str, spoken: str, hints: Mapping[str, Any], place: str) -> Annotation:
    if key not in hints:
        raise MappingError(f"{place} has no annotation for {spoken}; it says what a mapping may give it and gets")
    if key == "return" and hints[key] is type(None):
        raise MappingError(f"{place} gives None always; annotate what it returns")
    try:
        return annotation(hints[key])
    except ValueError as error:
        raise MappingError(f"{place}: {spoken} {error}") from None


def _spelled(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"{parameter.name}, …"
    return parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"


def _checked(
    name: str, written: Callable[..., Any], parameters: Sequence[Annotation], gives: Annotation, *, repeated: bool
) -> Callable[..., Any]:
    """Return the function as expressions call it: null stays null, and both sides are held to the annotations."""

    def annotations() -> Iterator[Annotation]:
        yield from parameters
        while repeated:
            yield parameters[-1]

    def call(*values: Any) -> Any:
        given = []
        for value, parameter in zip(values, annotations(), strict=False):
            if value is None and not parameter.null:
                return None
            given.append(None if value is None else parameter.take(value))
        result = _run(name, written, given)
        if result is None:
            return None
        try:
            return gives.give(result)
        except (TypeError, Invalid) as error:
            raise RecordError(
                f"{name}() is annotated {gives.name}, but gives {type(result).__name__}: {error}",
                f"correct {name}() in {written.__code__.co_filename}",
            ) from None

    return call


def _run(name: str, written: Callable[..., Any], given: Sequence[Any]) -> Any:
    try:
        return written(*given)
    except UserError:
        raise
    except ValueError as error:
        raise Refused(_said(error, named=False) or f"{name}() refuses the value") from error
    except Exception as error:
        place = _place(written.__code__.co_filename, error)
        raise RecordError(f"{name}() failed: {_said(error)}", f"correct {name}() in {place}") from error


def _said(error: BaseException, *, named: bool = True) -> str:
    """Return an error's text as one line of bearable length, with its type if it is to be named."""
    words = " ".join(str(error).split())[:_MESSAGE_LENGTH].rstrip(".。")
    return ": ".join(filter(None, [type(error).__name__, words])) if named else words


def _place(path: Any, error: BaseException) -> str:
    """Return the file and the last line of it that an error went through."""
    line, traceback = 0, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f"{path}:{line}" if line else str(path)
